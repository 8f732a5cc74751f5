package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
	"fairlead/internal/words"
)

// Texts are the policy's texts in another language, each under the key of
// itsTexts.
type Texts map[string]string

// UnmarshalJSON takes groups within groups, as the file has them, as one list
// whose keys are joined by dots.
func (t *Texts) UnmarshalJSON(data []byte) error {
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		return err
	}
	*t = Texts{}
	t.take("", tree)
	return nil
}

func (t Texts) take(path string, tree map[string]any) {
	for key, value := range tree {
		switch v := value.(type) {
		case map[string]any:
			t.take(source.Join(path, key), v)
		case string:
			t[source.Join(path, key)] = v
		}
	}
}

// ownText is one text of the policy that people read, and the key under which a
// translation gives it.
type ownText struct {
	key, value string
	set        func(string)
	name       bool // a proper name, which need not be translated
}

// itsTexts lists every text that can be translated, in the order of the file.
// Items of lists go by what names them, clauses by their id alone.
func (p *Policy) itsTexts() []ownText {
	var out []ownText
	add := func(key string, at *string, name bool) {
		if strings.TrimSpace(*at) != "" {
			out = append(out, ownText{key, *at, func(s string) { *at = s }, name})
		}
	}
	text := func(key string, at *string) { add(key, at, false) }
	clause := func(c *Clause) {
		text("clauses."+c.ID+".title", &c.Title)
		text("clauses."+c.ID+".text", &c.Text)
	}
	p.namedTexts(text, func(key string, at *string) { add(key, at, true) })
	for _, list := range p.lists() {
		for i := range *list.clauses {
			clause(&(*list.clauses)[i])
		}
	}
	clause(&p.Scope.ThirdParty)
	text("safe_harbour.text", &p.SafeHarbour.Text)
	text("safe_harbour.reservation", &p.SafeHarbour.Reservation)
	text("rewards.text", &p.Rewards.Text)
	text("disclosure.text", &p.Disclosure.Text)
	text("cve.text", &p.CVE.Text)
	add("privacy.controller", &p.Privacy.Controller, true)
	text("privacy.notice", &p.Privacy.Notice)
	for i := range p.Information {
		text("information."+p.Information[i].Name+".label", &p.Information[i].Label)
		text("information."+p.Information[i].Name+".help", &p.Information[i].Help)
	}
	for _, one := range p.Promises.All() {
		if strings.TrimSpace(one.Promise.Text) != "" {
			out = append(out, ownText{key: one.Path + ".text", value: one.Promise.Text, set: func(s string) { p.Promises.say(one, s) }})
		}
	}
	for i := range p.Calendar.Closures {
		text("calendar.closures."+p.Calendar.Closures[i].From+".name", &p.Calendar.Closures[i].Name)
	}
	text("severity.text", &p.Severity.Text)
	text("emergency.text", &p.Emergency.Text)
	text("team.qualification", &p.Team.Qualification)
	text("team.prioritise", &p.Team.Prioritise)
	for i := range p.Revisions {
		text("revisions."+p.Revisions[i].Revision+".changes", &p.Revisions[i].Changes)
	}
	text("retention.text", &p.Retention.Text)
	text("intake.paused", &p.Intake.Paused)
	text("feedback.text", &p.Feedback.Text)
	for i := range p.CannedReplies {
		text("canned_replies."+p.CannedReplies[i].ID+".title", &p.CannedReplies[i].Title)
		text("canned_replies."+p.CannedReplies[i].ID+".text", &p.CannedReplies[i].Text)
	}
	return out
}

// namedTexts lists those of who publishes the policy and of what.
func (p *Policy) namedTexts(text, name func(key string, at *string)) {
	name("organisation.name", &p.Organisation.Name)
	for i := range p.Contacts {
		text("contacts."+p.Contacts[i].URI+".note", &p.Contacts[i].Note)
	}
	for i := range p.Programs {
		one := &p.Programs[i]
		name("programs."+one.ID+".name", &one.Name)
		text("programs."+one.ID+".about", &one.About)
		for j := range one.Products {
			text("programs."+one.ID+".products."+one.Products[j].Name+".note", &one.Products[j].Note)
		}
	}
}

// apart is a copy that shares no text with the policy.
func (p *Policy) apart() *Policy {
	out := *p
	out.Contacts, out.Programs = slices.Clone(p.Contacts), slices.Clone(p.Programs)
	for i := range out.Programs {
		out.Programs[i].Products = slices.Clone(out.Programs[i].Products)
	}
	for _, list := range out.lists() {
		*list.clauses = slices.Clone(*list.clauses)
	}
	out.Information, out.Calendar.Closures = slices.Clone(p.Information), slices.Clone(p.Calendar.Closures)
	out.Revisions, out.CannedReplies = slices.Clone(p.Revisions), slices.Clone(p.CannedReplies)
	out.Promises.Fix = maps.Clone(p.Promises.Fix)
	for _, at := range []**Promise{&out.Promises.FollowUp, &out.Promises.Verify, &out.Promises.Update, &out.Promises.Disclose} {
		if *at != nil {
			one := **at
			*at = &one
		}
	}
	return &out
}

// say changes the text of a promise that All listed.
func (p *Promises) say(given Given, text string) {
	if given.Kind == cvd.ClockFix {
		one := p.Fix[given.Band]
		one.Text = text
		p.Fix[given.Band] = one
		return
	}
	for kind, one := range map[cvd.ClockKind]*Promise{
		cvd.ClockAcknowledge: &p.Acknowledge, cvd.ClockFollowUp: p.FollowUp, cvd.ClockVerify: p.Verify,
		cvd.ClockUpdate: p.Update, cvd.ClockNeedsInfo: &p.NeedsInformation, cvd.ClockDisclose: p.Disclose,
	} {
		if kind == given.Kind {
			one.Text = text
		}
	}
}

// Spoken tells how a policy that In returned differs from the one that was
// signed.
type Spoken struct {
	signed  *Policy           // as it is in the file
	own     string            // the policy's own language
	foreign map[string]bool   // texts that stayed in it, where the reader's is another
	titles  map[string]string // of stances
	offices map[string]string // titles of roles, by the one in the policy's own language
}

// Language is the language in which the policy's own texts are written.
func (p *Policy) Language() string {
	if len(p.Languages) == 0 {
		return "en"
	}
	return p.Languages[0]
}

// In is the policy as it reads in a language: what has a translation is put in
// its place, and everything else stays as it was written.
func (p *Policy) In(v *words.Voice) *Policy {
	if p.Spoken.signed != nil {
		p = p.Spoken.signed
	}
	out := p.apart()
	spoken := Spoken{signed: p, own: p.Language(), foreign: map[string]bool{}, titles: map[string]string{}, offices: map[string]string{}}
	for _, name := range []string{"safe_harbour", "rewards", "disclosure", "cve"} {
		spoken.titles[name] = v.Say("stance." + name)
	}
	same, texts := sameLanguage(spoken.own, v.Lang()), p.translation(v.Lang())
	for _, one := range out.itsTexts() {
		if said, ok := texts[one.key]; ok && !same {
			one.set(said)
		} else if !same && !one.name {
			spoken.foreign[strings.TrimSpace(one.value)] = true
		}
	}
	for i, role := range p.Team.Roles {
		spoken.offices[strings.ToLower(role.Title)] = out.Team.Roles[i].Title
	}
	out.Spoken = spoken
	if spoken.foreign[strings.TrimSpace(out.SafeHarbour.Text)] {
		spoken.foreign[out.Stances()[0].Clause.Text] = true
	}
	return out
}

// Foreign is the language of one of the policy's texts where it is not the one
// that In was asked for; else it is empty.
func (p *Policy) Foreign(text string) string {
	if p.Spoken.foreign[strings.TrimSpace(text)] {
		return p.Spoken.own
	}
	return ""
}

// OfficeTitle is what the holder of an office is called.
func (p *Policy) OfficeTitle(name string) string {
	if title, ok := p.Spoken.offices[strings.ToLower(name)]; ok {
		return title
	}
	if role, ok := p.Office(name); ok {
		return role.Title
	}
	return name
}

// Translated tells whether the policy has texts in a language beside its own.
func (p *Policy) Translated(lang string) bool { return len(p.translation(lang)) > 0 }

// translation finds the texts in a language; a regional tag does where there is
// no closer one.
func (p *Policy) translation(lang string) Texts {
	if exact, ok := p.Translations[lang]; ok {
		return exact
	}
	for _, tag := range slices.Sorted(maps.Keys(p.Translations)) {
		if sameLanguage(tag, lang) {
			return p.Translations[tag]
		}
	}
	return nil
}

func sameLanguage(a, b string) bool {
	x, _ := language.Make(a).Base()
	y, _ := language.Make(b).Base()
	return x == y
}

// translations holds each to translate what stands in the policy, and tells
// what it leaves out.
func (c *checker) translations() {
	texts := c.p.itsTexts()
	known := make([]string, len(texts))
	for i, one := range texts {
		known[i] = one.key
	}
	for _, tag := range slices.Sorted(maps.Keys(c.p.Translations)) {
		said, path := c.p.Translations[tag], "translations."+tag
		switch {
		case !languageTag(tag):
			c.fault(path, "is not a language tag", "write a BCP 47 tag such as de, fr or pt-BR")
			continue
		case sameLanguage(tag, c.p.Language()):
			c.fault(path, "is the language of the policy's own texts", "leave it out, or put the language of the texts first under languages")
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(said)) {
			if !slices.Contains(known, key) {
				c.fault(path+"."+key, "translates no text of this policy", source.DidYouMean(key, known, "leave it out, or give the text itself first"))
			}
		}
		var lacks []string
		for _, one := range texts {
			if _, ok := said[one.key]; !ok && !one.name {
				lacks = append(lacks, one.key)
			}
		}
		if n := len(lacks); n > 0 {
			c.warn(path, fmt.Sprintf("lacks %d of %d texts, which readers get in %s", n, len(texts), c.p.Language()), "add "+strings.Join(lacks[:min(n, 5)], ", ")+more(n-5))
		}
	}
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
