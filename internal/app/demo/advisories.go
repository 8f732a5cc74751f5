package demo

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// advisories are three that are published, one of them corrected and one with a
// workaround only; one that is scheduled, and one draft.
func (s *seeder) advisories(p *policy.Policy) {
	name, version := product(p, 0)
	fixed := next(version)
	s.advise("fixed", 13*day, &s.Lead, func(a *cvd.Advisory) {
		a.Title = name + ": sessions survive a change of password"
		a.Overview = "Sessions that were open before a change of the password stayed valid. Whoever had stolen one kept it."
		a.Details = "After a change of the password, sessions of the same account that were open elsewhere went on working until they expired by themselves.\n\nThe fix ends all other sessions of the account when its password changes."
		before(a, fixed)
		a.Vulnerabilities[0].Remedies = append(a.Vulnerabilities[0].Remedies, cvd.Remedy{Kind: cvd.RemedyWorkaround, Text: "Sign out everywhere on the page of the account after changing the password."})
	})
	s.send("fixed", 13*day-time.Hour, &s.Lead, cvd.VerbSchedule, cvd.Input{Until: s.now.Add(-12*day + 4*time.Hour), Text: "We publish together with the release."})
	s.advise("fixed", 9*day, &s.Member, func(a *cvd.Advisory) {
		a.Vulnerabilities[0].Remedies[0].Text = "Update to " + fixed + " or later. Sessions that were open at the update must be ended once by hand."
	})
	s.send("fixed", 9*day-time.Hour, &s.Member, cvd.VerbPublish, cvd.Input{Reason: "Sessions that were open at the update have to be ended by hand."})

	s.archive(p)
	s.port(p)

	s.advise("accepted", 2*day-2*time.Hour, &s.Member, func(a *cvd.Advisory) {
		a.Title = name + ": the export reads records of other accounts"
		a.Overview = "A signed-in user could export the records of another account by changing a number in the request."
		before(a, fixed)
	})
	s.send("accepted", 2*day-3*time.Hour, &s.Member, cvd.VerbSchedule, cvd.Input{Until: s.now.Add(4 * day).Truncate(time.Hour), Text: "By then the fix is everywhere. Tell us how you want to be credited."})
	s.advise("emergency", 3*day-time.Hour, &s.Lead, func(a *cvd.Advisory) {
		a.Overview = "A project file could name a program that the import ran without asking."
	})
}

// archive was found by a finder, fixed, and is published as it was scheduled.
func (s *seeder) archive(p *policy.Policy) {
	name, version := product(p, 1)
	s.report("archive", 28*day, cvd.Report{
		Product: name, Version: version, Title: "Archive upload writes outside its folder",
		Description: "Names in an uploaded archive may hold two dots and a slash, and are written where they point.",
		Steps:       "Upload an archive with a file named ../../hello.", Impact: "Whoever may upload can replace files of the service.", CWE: "CWE-22",
		Reporter: &cvd.Contact{Name: "Malik Torres", Email: "malik@example.net", Credit: cvd.Credit{Wanted: "name", As: "Malik Torres"}},
	})
	s.do("archive", 28*day-time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you, we look into it today."})
	s.do("archive", 27*day, &s.Member, cvd.VerbValidate, cvd.Input{Text: "It is so."})
	s.do("archive", 27*day-time.Hour, &s.Member, cvd.VerbAccept, cvd.Input{})
	s.do("archive", 27*day-2*time.Hour, &s.Member, cvd.VerbSeverity, cvd.Input{Vector: vectorServer})
	s.do("archive", 23*day, &s.Member, cvd.VerbFixReady, cvd.Input{Text: "A fix is ready."})
	s.do("archive", 23*day-time.Hour, &s.Member, cvd.VerbOfferCheck, cvd.Input{Text: "Would you check it? The build is on the test server that you know."})
	s.reporter("archive", 22*day, cvd.VerbCheckResult, cvd.Input{Outcome: string(cvd.CheckPass), Text: "Names with dots are refused now."})
	s.advise("archive", 21*day, &s.Member, func(a *cvd.Advisory) {
		a.Title = name + ": an uploaded archive can write outside its folder"
		a.Overview = "Names of files in an uploaded archive were not checked, so that a user who may upload could replace files of the service."
		a.Details = "Files were written under the names that the archive gives them. A name with two dots and a slash led out of the folder for uploads.\n\nNames that lead elsewhere are refused now."
		before(a, next(version))
	})
	s.send("archive", 20*day, &s.Member, cvd.VerbSchedule, cvd.Input{Until: s.now.Add(-16 * day), Text: "Please keep it until then."})
	s.do("archive", 15*day, &s.Member, cvd.VerbFixDeployed, cvd.Input{Text: "All hosted servers have it."})
	s.do("archive", 15*day-time.Hour, &s.Member, cvd.VerbClose, cvd.Input{Text: "Closed with our thanks."})
}

// port gets no fix: the product is at its end, and a workaround is all.
func (s *seeder) port(p *policy.Policy) {
	name, version := product(p, 2)
	s.record("port", 25*day, submissionOf(name, version))
	s.do("port", 25*day-time.Hour, &s.Lead, cvd.VerbValidate, cvd.Input{})
	s.do("port", 25*day-2*time.Hour, &s.Lead, cvd.VerbAccept, cvd.Input{})
	s.do("port", 25*day-3*time.Hour, &s.Lead, cvd.VerbSeverity, cvd.Input{Vector: vectorLow})
	s.advise("port", 12*day, &s.Lead, func(a *cvd.Advisory) {
		a.Title = name + ": the status port answers without a password"
		a.Overview = "The port for status requests tells the names of open projects to whoever reaches it."
		if len(a.Vulnerabilities[0].Affects) > 0 {
			a.Vulnerabilities[0].Affects[0].Versions = []string{version}
		}
		a.Vulnerabilities[0].Remedies = []cvd.Remedy{
			{Kind: cvd.RemedyNonePlanned, Text: "The status port is removed with the next major version; there will be no fix before."},
			{Kind: cvd.RemedyWorkaround, Text: "Let a firewall keep others from the port, or switch it off with status_port = 0."},
		}
		french(a, name)
	})
	s.send("port", 12*day-time.Hour, &s.Lead, cvd.VerbPublish, cvd.Input{})
	s.do("port", 11*day-time.Hour, &s.Lead, cvd.VerbClose, cvd.Input{Outcome: "workaround published"})
}

// french adds the translation of the advisory about the port, if it is whole: a policy
// whose words differ from those foreseen here keeps the original alone.
func french(a *cvd.Advisory, name string) {
	t := cvd.AdvisoryText{Parts: []cvd.TextPart{
		{Of: a.Title, Text: name + " : le port d’état répond sans mot de passe"},
		{Of: a.Overview, Text: "Le port des requêtes d’état donne les noms des projets ouverts à quiconque l’atteint."},
		{Of: "Status port answers without a password", Text: "Le port d’état répond sans mot de passe"},
		{
			Of:   "The port for status requests answers to everybody, with the names of open projects.",
			Text: "Le port des requêtes d’état répond à tous, avec les noms des projets ouverts.",
		},
		{Of: a.Vulnerabilities[0].Remedies[0].Text, Text: "Le port d’état disparaît avec la prochaine version majeure ; il n’y aura pas de correctif avant."},
		{Of: a.Vulnerabilities[0].Remedies[1].Text, Text: "Protégez le port par un pare-feu, ou fermez-le avec status_port = 0."},
		{Of: "We find the vulnerability.", Text: "Nous trouvons la vulnérabilité."},
		{Of: "The report is confirmed.", Text: "Le signalement est confirmé."},
	}}
	own := a.Texts
	a.Texts = map[string]cvd.AdvisoryText{"fr": t}
	if len(advisory.Languages(a)) == 0 {
		a.Texts = own
	}
}

// advise saves the draft as it is filled or was saved last, edited.
func (s *seeder) advise(name string, ago time.Duration, by *cvd.Member, edit func(a *cvd.Advisory)) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		session := s.h.Desk.As(member(*by))
		d, err := session.Draft(ctx, s.named[name].Case)
		if err != nil {
			return err
		}
		a := d.Record.Clone()
		edit(a)
		_, err = session.Do(ctx, s.named[name].Case, cvd.VerbAdvise, cvd.Input{Advisory: a, Seq: d.Seq})
		return err
	}})
}

// send schedules or publishes the latest draft; where the policy asks for a second
// person, the other of the two confirms. A policy by which it may not go out yet
// leaves it a draft.
func (s *seeder) send(name string, ago time.Duration, by *cvd.Member, verb cvd.Verb, in cvd.Input) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		id, other := s.named[name].Case, &s.Lead
		if by == &s.Lead {
			other = &s.Member
		}
		d, err := s.h.Desk.As(member(*by)).Draft(ctx, id)
		if err != nil {
			return err
		}
		in.Seq = d.Seq
		done, err := s.h.Desk.As(member(*by)).Do(ctx, id, verb, in)
		if err == nil && done.Case.Pending != nil {
			_, err = s.h.Desk.As(member(*other)).Do(ctx, id, cvd.VerbConfirm, cvd.Input{})
		}
		if errors.Is(err, cvd.ErrNotReady) || errors.Is(err, cvd.ErrInvalid) {
			s.h.Options.Log.Warn("an advisory of the demo stays a draft", "why", err)
			return nil
		}
		return err
	}})
}

// before says that all versions up to this one are affected.
func before(a *cvd.Advisory, fixed string) {
	if len(a.Vulnerabilities[0].Affects) == 0 || fixed == "" {
		return
	}
	one := &a.Vulnerabilities[0].Affects[0]
	one.Versions = nil
	one.Ranges = []cvd.VersionRange{{Kind: cvd.RangeEcosystem, Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: fixed}}}}
	for i := range a.Vulnerabilities[0].Remedies {
		if r := &a.Vulnerabilities[0].Remedies[i]; r.Kind == cvd.RemedyFix {
			r.Text = "Update to " + fixed + " or later."
		}
	}
}

// next is the version that mends one: its last number and one more, or the first
// patch where it has but two.
func next(version string) string {
	if strings.Count(version, ".") == 1 {
		return version + ".1"
	}
	i := strings.LastIndexAny(version, ".-") + 1
	n, err := strconv.Atoi(version[i:])
	if err != nil {
		return ""
	}
	return version[:i] + strconv.Itoa(n+1)
}

// submissionOf is what the team found by itself.
func submissionOf(product, version string) casework.Submission {
	return casework.Submission{Channel: "internal", Internal: true, Report: &cvd.Report{
		Product: product, Version: version, Title: "Status port answers without a password",
		Description: "The port for status requests answers to everybody, with the names of open projects.", CWE: "CWE-306",
	}}
}
