package demo

import (
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// script is what happened in the demo: sixteen reports, between four weeks ago
// and this morning.
func (s *seeder) script(p *policy.Policy) {
	s.bills(p)
	s.fixed(p)
	s.deferredAndHandedOn(p)
	s.emergency(p)
	s.acceptedWithFix(p)
	s.ruledOut(p)
	s.valid(p)
	s.waiting(p)
	s.late(p)
	s.fresh(p)
	s.advisories(p)
	s.letters(p)
}

func clauseOf(p *policy.Policy) []string {
	for _, group := range [][]policy.Clause{p.Scope.Out, p.Scope.NonIssues, p.Guidelines} {
		if len(group) > 0 {
			return []string{group[0].ID}
		}
	}
	return nil
}

const (
	vectorHigh   = "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
	vectorMedium = "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:L/I:L/A:N"
	vectorLow    = "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
	vectorServer = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:L"
	vectorWorst  = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
)

// fixed is a case from its first to its last day.
func (s *seeder) fixed(p *policy.Policy) {
	name, version := product(p, 0)
	s.report("fixed", 21*day, cvd.Report{
		Product: name, Version: version, Title: "Session survives a change of password",
		Description: "After a user changes the password, sessions that were open before stay valid. Whoever stole a session keeps it.",
		Steps:       "1. Sign in with two browsers.\n2. Change the password in the first.\n3. Reload in the second: still signed in.",
		Impact:      "A stolen session cannot be ended by its owner.", CWE: "CWE-613",
		Reporter: &cvd.Contact{Name: "Lea Brandt", Email: "lea@example.net", Credit: cvd.Credit{Wanted: "name", As: "Lea Brandt"}},
	})
	s.do("fixed", 21*day-time.Hour, &s.Lead, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you, Lea. We have your report and look into it today."})
	s.do("fixed", 21*day-2*time.Hour, &s.Lead, cvd.VerbClaim, cvd.Input{})
	s.do("fixed", 20*day, &s.Lead, cvd.VerbValidate, cvd.Input{Text: "We could follow your steps; it is as you say."})
	s.do("fixed", 20*day-time.Hour, &s.Lead, cvd.VerbAccept, cvd.Input{Text: "We fix this in the next release."})
	s.do("fixed", 20*day-2*time.Hour, &s.Lead, cvd.VerbSeverity, cvd.Input{Vector: vectorMedium})
	s.do("fixed", 14*day, &s.Lead, cvd.VerbFixReady, cvd.Input{Text: "The fix ends all other sessions when the password changes. Could you check it?"})
	s.reporter("fixed", 13*day, cvd.VerbMessage, cvd.Input{Text: "Checked: the second browser is signed out at once. Well done."})
	s.do("fixed", 12*day, &s.Lead, cvd.VerbFixDeployed, cvd.Input{Text: "Released this morning."})
	s.do("fixed", 11*day, &s.Lead, cvd.VerbClose, cvd.Input{Text: "Closed with our thanks. You will be named as you asked."})
}

func (s *seeder) deferredAndHandedOn(p *policy.Policy) {
	name, version := product(p, 1)
	s.report("deferred", 18*day, cvd.Report{
		Product: name, Version: version, Title: "Verbose error page names the library version",
		Description: "A malformed request makes the server answer with a page that names the exact version of a library.",
	})
	s.do("deferred", 18*day-time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{})
	s.do("deferred", 17*day, &s.Member, cvd.VerbValidate, cvd.Input{Text: "Confirmed. The page tells more than it should."})
	s.do("deferred", 17*day-time.Hour, &s.Member, cvd.VerbDefer, cvd.Input{Reason: "It eases reconnaissance but gives nothing by itself; it goes with the next rework of the error pages."})
	s.do("deferred", 5*day, &s.Member, cvd.VerbMessage, cvd.Input{Text: "No change so far. The rework is planned for the coming quarter."})

	s.report("upstream", 16*day, cvd.Report{
		Product: name, Version: version, Title: "Parser of a bundled image library reads out of bounds",
		Description: "A crafted image makes the bundled decoder read past its buffer.", ThirdParty: "yes, rasterkit",
		Reporter: &cvd.Contact{Email: "k.anders@example.net", Credit: cvd.Credit{Wanted: "anonymous"}},
	})
	s.do("upstream", 16*day-time.Hour, &s.Lead, cvd.VerbAcknowledge, cvd.Input{})
	s.do("upstream", 15*day, &s.Lead, cvd.VerbHandOn, cvd.Input{
		To: "The rasterkit maintainers <security@rasterkit.example>", Reason: "The flaw is in their decoder; we ship it unchanged and update as soon as they release a fix.",
	})
}

func (s *seeder) emergency(p *policy.Policy) {
	name, version := product(p, 2)
	s.report("emergency", 9*day, cvd.Report{
		Product: name, Version: version, Title: "Import runs commands from a project file",
		Description: "A project file may name a helper program; importing the file runs it without asking.",
		Steps:       "Import the attached file. It writes a marker into the temporary folder.", Exploited: "We saw one file of this kind in the wild.",
		Impact: "Whoever sends a file runs code as the user.", CWE: "CWE-78",
		Reporter: &cvd.Contact{Name: "R. Osei", Email: "osei@example.net", Affiliation: "Harbour Research", Credit: cvd.Credit{Wanted: "name", As: "R. Osei, Harbour Research"}},
	})
	s.file("emergency", 9*day-5*time.Minute, "project-file.txt", []byte("helper: touch /tmp/marker\n"))
	s.do("emergency", 9*day-20*time.Minute, &s.Lead, cvd.VerbAcknowledge, cvd.Input{Text: "We have it and treat it as urgent."})
	s.do("emergency", 9*day-30*time.Minute, &s.Lead, cvd.VerbClaim, cvd.Input{})
	s.do("emergency", 9*day-time.Hour, &s.Lead, cvd.VerbValidate, cvd.Input{Text: "Confirmed within the hour."})
	s.do("emergency", 9*day-70*time.Minute, &s.Lead, cvd.VerbAccept, cvd.Input{})
	s.do("emergency", 9*day-80*time.Minute, &s.Lead, cvd.VerbSeverity, cvd.Input{Vector: vectorWorst})
	s.do("emergency", 9*day-2*time.Hour, &s.Lead, cvd.VerbAct, cvd.Input{Note: "Import switched off on the hosted service."})
	s.do("emergency", 9*day-3*time.Hour, &s.Lead, cvd.VerbAttacks, cvd.Input{Text: "We found two more such files and warn the users concerned."})
	s.do("emergency", 8*day, &s.Lead, cvd.VerbAfterAction, cvd.Input{Note: "Import off from 11:20 to 16:05. No user lost data. Allow-list of helpers released."})
	s.do("emergency", 8*day-time.Hour, &s.Lead, cvd.VerbInvite, cvd.Input{To: "fixer"})
	s.do("emergency", 3*day, &s.Lead, cvd.VerbMessage, cvd.Input{Text: "The lasting fix is in review. We write again when you can test it."})
}

func (s *seeder) acceptedWithFix(p *policy.Policy) {
	name, version := product(p, 0)
	s.report("accepted", 7*day, cvd.Report{
		Product: name, Version: version, Title: "Export of one account reads the records of another",
		Description: "The export takes an account number from the request and does not check whose it is.",
		Steps:       "Change the number in the export request by one.", CWE: "CWE-639", SensitiveDataSeen: "yes, one name, deleted at once",
		Reporter: &cvd.Contact{Name: "Dana Whitfield", Email: "dana@example.net"},
	})
	s.do("accepted", 7*day-time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you. Please keep nothing of what you saw."})
	s.do("accepted", 7*day-90*time.Minute, &s.Member, cvd.VerbClaim, cvd.Input{})
	s.do("accepted", 6*day, &s.Member, cvd.VerbValidate, cvd.Input{})
	s.do("accepted", 6*day-time.Hour, &s.Member, cvd.VerbAccept, cvd.Input{Text: "We are on it."})
	s.do("accepted", 6*day-2*time.Hour, &s.Member, cvd.VerbSeverity, cvd.Input{Vector: vectorHigh})
	s.do("accepted", 2*day, &s.Member, cvd.VerbFixReady, cvd.Input{Text: "A fix is ready and is being rolled out."})
	s.do("accepted", 2*day-time.Hour, &s.Member, cvd.VerbNote, cvd.Input{Note: "Ask the privacy officer whether the one name must be notified."})
}

func (s *seeder) ruledOut(p *policy.Policy) {
	s.report("invalid", 6*day, cvd.Report{
		Title:       "Server goes down under a flood of requests",
		Description: "With many machines I could make the start page slow.",
		Reporter:    &cvd.Contact{Email: "flood@example.net", Credit: cvd.Credit{Wanted: "none"}},
	})
	s.do("invalid", 6*day-time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{})
	s.do("invalid", 5*day, &s.Member, cvd.VerbInvalidate, cvd.Input{
		Reason: "Load alone is outside what the policy covers, and no flaw is needed for it.", Clauses: clauseOf(p),
	})

	s.report("withdrawn", 4*day, cvd.Report{Title: "Token visible in the address bar", Description: "I believed that a token shows up in the address bar."})
	s.do("withdrawn", 4*day-time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{})
	s.reporter("withdrawn", 3*day, cvd.VerbWithdraw, cvd.Input{Reason: "It was my own browser extension."})
}

func (s *seeder) valid(p *policy.Policy) {
	name, version := product(p, 1)
	s.report("valid", 3*day, cvd.Report{
		Product: name, Version: version, Title: "Reset link can be used twice",
		Description: "A password reset link keeps working for an hour after it was used.", CWE: "CWE-640",
		AIUse: "A language model helped with the wording", DisclosurePlan: "A post in about three months",
	})
	s.do("valid", 3*day-time.Hour, &s.Lead, cvd.VerbAcknowledge, cvd.Input{Text: "Received, thank you for the clear steps."})
	s.do("valid", 2*day, &s.Lead, cvd.VerbValidate, cvd.Input{Text: "We see the same."})

	s.record("phone", 30*time.Hour, casework.Submission{
		Channel: "phone",
		Report: &cvd.Report{
			Product: name, Title: "Badge reader accepts a copied card",
			Description: "A caller says that the reader at the service door accepts a copied card. Taken by phone.",
			Reporter:    &cvd.Contact{Name: "Caller", Email: "caller@example.net"},
		},
	})
	s.do("phone", 29*time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you for the call. We check the readers this week."})
	s.record("internal", 26*time.Hour, casework.Submission{
		Channel: "internal", Internal: true,
		Report: &cvd.Report{Product: name, Title: "Audit log can be cleared by operators", Description: "Found in our own review: operators can clear the audit log."},
	})
}

// waiting has asked the reporter, so its clocks stand still.
func (s *seeder) waiting(p *policy.Policy) {
	name, version := product(p, 2)
	s.report("waiting", 2*day, cvd.Report{
		Product: name, Version: version, Title: "Crash while opening a file",
		Description: "The program ends when it opens my file, and its last words name rasterkit 2.4.0. I think this is a security problem.",
		Reporter:    &cvd.Contact{Name: "Yusuf", Email: "yusuf@example.net"},
	})
	s.do("waiting", 2*day-2*time.Hour, &s.Lead, cvd.VerbAsk, cvd.Input{
		Text:    "Thank you. To find the cause we need a little more.",
		Missing: []string{"The file, or the smallest one that still does it", "The exact version, as the start page shows it", "What the program printed"},
	})
}

// late was left alone until its promise broke.
func (s *seeder) late(p *policy.Policy) {
	name, version := product(p, 0)
	s.report("late", 8*day, cvd.Report{
		Product: name, Version: version, Title: "Uploaded names end up unescaped in the log view",
		Description: "The log view shows the name of an uploaded file as it is. A name with markup runs in the browser of whoever reads the log.",
		CWE:         "CWE-79",
		Reporter:    &cvd.Contact{Name: "Ira Novak", Email: "ira@example.net", Credit: cvd.Credit{Wanted: "name", As: "Ira Novak"}},
	})
}

func (s *seeder) fresh(p *policy.Policy) {
	name, version := product(p, 1)
	s.report("fresh", 3*time.Hour, cvd.Report{
		Product: name, Version: version, Title: "Rate limit is skipped with a second header",
		Description: "Sending the same header twice makes the limiter count neither.", CWE: "CWE-799",
	})
}
