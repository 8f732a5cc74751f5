package policy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"fairlead/internal/words"
)

func speak(t testing.TB, lang string) *words.Voice {
	t.Helper()
	b, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b.In(lang)
}

// What a translation says that the policy does not, what it says of no language,
// and what it leaves out, are told with their place.
func TestTranslationsAreChecked(t *testing.T) {
	small := string(file(t, "testdata/small.yaml"))
	for name, c := range map[string]struct{ yaml, faults, warnings string }{
		"an unknown clause": {
			"  de:\n    clauses:\n      respekt: {title: X}\n",
			`translations.de.clauses.respekt.title: translates no text of this policy; did you mean "clauses.respect.title"?`, "",
		},
		"an unknown group": {"  de:\n    clause: {}\n", `translations.de.clause: is not a known key; did you mean "clauses"?`, ""},
		"no language":      {"  deutsch-deutsch-deutsch:\n    clauses: {}\n", "is not a language tag; write a BCP 47 tag such as de, fr or pt-BR", ""},
		"its own language": {"  en-GB:\n    clauses: {}\n", "is the language of the policy's own texts", ""},
		"a text that is empty": {
			"  de:\n    privacy: {notice: \"\"}\n", "translations.de.privacy.notice: is empty or too short", "",
		},
		"a text that is no text": {
			"  de:\n    privacy: {notice: [a]}\n", "translations.de.privacy.notice: is a list, but must be a text; write plain text or Markdown", "",
		},
		"what is left out": {"  de:\n    privacy: {notice: Hinweis}\n", "", "translations.de: lacks "},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults, warnings := Check("p.yaml", []byte(small+"translations:\n"+c.yaml))
			if c.faults == "" && len(faults) > 0 || !strings.Contains(faults.Error(), c.faults) {
				t.Errorf("faults:\n%v\nwant %s", faults, c.faults)
			}
			if !strings.Contains(warnings.Error(), c.warnings) {
				t.Errorf("warnings:\n%v\nwant %s", warnings, c.warnings)
			}
			if len(faults) > 0 && faults[0].Line <= strings.Count(small, "\n") {
				t.Errorf("the fault is told of line %d", faults[0].Line)
			}
		})
	}
}

// A prepared reply cites what exists, in every language.
func TestTranslatedRepliesCiteWhatExists(t *testing.T) {
	text := strings.Replace(string(file(t, "../../examples/policies/two-person-team.yaml")), "{{no-bounty}}. Wenn", "{{no-bonty}}. Wenn", 1)
	_, faults, _ := Check("p.yaml", []byte(text))
	if want := `translations.de.canned_replies.do-you-pay.text: cites the clause "no-bonty", which does not exist; did you mean "no-bounty"?`; !strings.Contains(faults.Error(), want) {
		t.Errorf("%v", faults)
	}
}

// In puts every text in its place, says which stayed behind, and leaves the policy
// itself as it was signed.
func TestInAnotherLanguage(t *testing.T) {
	p := example(t, "two-person-team")
	before, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	de, fr := p.In(speak(t, "de")), p.In(speak(t, "fr"))
	texts := p.Translations["de"]
	for _, one := range de.itsTexts() {
		if want, ok := texts[one.key]; one.value != want && (ok || !one.name) {
			t.Errorf("%s: %q, want %q", one.key, one.value, want)
		}
		if got := de.Foreign(one.value); got != "" {
			t.Errorf("%s is German, but is marked %s", one.key, got)
		}
	}
	for _, one := range fr.itsTexts() {
		if got := fr.Foreign(one.value); got != "en" && !one.name {
			t.Errorf("%s has no French, and is marked %q", one.key, got)
		}
	}
	if c, ok := de.Clause("good-faith"); !ok || c.Title != "Rechtliche Zusicherung" || !strings.HasPrefix(c.Text, "Meldungen in guter Absicht") {
		t.Errorf("the stance reads %+v", c)
	}
	reply, err := de.Reply("do-you-pay", "https://example.org")
	if err != nil || !strings.Contains(reply.Text, `"Prämien" (https://example.org/policy#no-bounty)`) {
		t.Errorf("%q, %v", reply.Text, err)
	}
	if got := example(t, "signed-policy").In(speak(t, "fr")).OfficeTitle("Chief Executive Officer"); got != "Direction générale" {
		t.Errorf("the office is called %q", got)
	}
	if en := p.In(speak(t, "en")); en.Foreign(p.Privacy.Notice) != "" || en.Privacy.Notice != p.Privacy.Notice {
		t.Error("its own language is foreign")
	}
	after, err := json.Marshal(p)
	if err != nil || string(before) != string(after) {
		t.Errorf("the policy itself changed (%v)", err)
	}
}

// Every text of the policy can be translated, or is known not to be one: a new field
// of the type is decided here.
func TestEveryTextCanBeTranslated(t *testing.T) {
	plain := map[string]bool{ // names, codes and addresses, the same in every language
		"revision": true, "public_url": true, "source_url": true, "tracker_url": true, "classification": true, "languages": true,
		"organisation.url": true, "organisation.country": true, "organisation.accent": true, "organisation.logo": true,
		"contacts.uri": true, "contacts.encryption": true, "programs.id": true, "programs.prefix": true, "programs.mail": true,
		"programs.products.name": true, "programs.products.versions": true, "programs.products.purl": true, "safe_harbour.clause": true,
		"rewards.recognition": true, "rewards.clause": true, "disclosure.by": true, "disclosure.clause": true, "cve.initiated_by": true,
		"cve.cna": true, "cve.clause": true, "advisories.prefix": true, "advisories.osv_prefix": true, "advisories.namespace": true,
		"advisories.tlp": true, "privacy.contact": true, "privacy.breach_regimes": true, "information.name": true,
		"promises.escalation.to": true, "calendar.zone": true, "calendar.hours": true, "calendar.holidays.region": true,
		"calendar.holidays.add.date": true, "calendar.holidays.add.name": true, "calendar.holidays.remove.date": true,
		"calendar.holidays.remove.name": true, "calendar.closures.from": true, "calendar.closures.to": true, "severity.method": true,
		"emergency.at": true, "emergency.report_to": true, "team.duty": true, "review.sign_offs.office": true, "review.sign_offs.act": true,
		"revisions.revision": true, "revisions.date": true, "revisions.reviewed_by": true, "revisions.approved_by": true,
		"canned_replies.id": true, "canned_replies.clause": true,
	}
	p := &Policy{}
	marks := map[string]string{}
	fill(reflect.ValueOf(p).Elem(), "", func(path string) string {
		mark := fmt.Sprintf("text %d", len(marks))
		marks[mark] = path
		return mark
	})
	for _, one := range p.itsTexts() {
		delete(marks, one.value)
	}
	for _, path := range marks {
		if last := path[strings.LastIndex(path, ".")+1:]; !plain[path] && last != "id" && last != "field" {
			t.Errorf("%s cannot be translated, and is not known to need none", path)
		}
	}
}

// fill writes a text of its own into every text of a value.
func fill(v reflect.Value, path string, mark func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(mark(path))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path, mark)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path, mark)
	case reflect.Struct:
		for f := range v.Type().Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "-" && f.IsExported() && f.Type.Name() != "Amount" {
				fill(v.FieldByIndex(f.Index), strings.TrimPrefix(path+"."+name, "."), mark)
			}
		}
	}
}
