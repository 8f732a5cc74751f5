package release

import (
	"testing"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// The reason of a correction and of a withdrawal is said in the languages of the record,
// and what was said of earlier ones stays; a language without one keeps the own words.
func TestReasonsInOtherLanguages(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	draft := &cvd.Advisory{
		ID: "FLSA-2026-2222222", TLP: cvd.TLPClear, Lang: "en", Title: "A flaw",
		Texts: map[string]cvd.AdvisoryText{"de": {Title: "Ein Fehler"}, "fr": {Title: "Une faille"}},
	}
	one := Revise(draft, nil, "", at)
	two := Revise(draft, one, "The range was wrong [see below].\n[DE] Der Bereich war falsch.\nEr ist jetzt richtig.", at.Add(time.Hour))
	three := Revise(draft, two, "[it] is no language of it.\n[fr] La date.", at.Add(2*time.Hour))
	gone := Withdraw(three, "It was none.\n[de] Es war keiner.", at.Add(3*time.Hour))
	if len(draft.Texts["de"].Parts) != 0 {
		t.Error("the draft was changed")
	}
	own := []string{firstRevision, "The range was wrong [see below].", "[it] is no language of it.", "It was none."}
	for lang, want := range map[string][]string{
		"":   own,
		"de": {firstRevision, "Der Bereich war falsch.\nEr ist jetzt richtig.", own[2], "Es war keiner."},
		"fr": {firstRevision, own[1], "La date.", own[3]},
	} {
		a := gone
		if lang != "" {
			a = advisory.In(gone, lang)
		}
		for i, c := range a.History {
			if c.Text != want[i] {
				t.Errorf("%q, revision %d: %q", lang, c.Revision, c.Text)
			}
		}
		if a.Why != want[3] {
			t.Errorf("%q: withdrawn because %q", lang, a.Why)
		}
	}
	if got := advisory.Languages(gone); len(got) != 2 {
		t.Errorf("published in %v", got)
	}
	for _, f := range advisory.Lint(gone, advisory.Publisher{}) {
		if f.Level == advisory.LevelError && len(f.Field) > 5 && f.Field[:5] == "texts" {
			t.Errorf("%+v", f)
		}
	}
	if own, others := Languages("[de] Nur so.", draft.Texts); own != "[de] Nur so." || others != nil {
		t.Errorf("%q, %v", own, others)
	}
	draft.TLP = cvd.TLPAmber
	closed := Revise(draft, nil, "", at)
	closed = Revise(draft, closed, "For a few.\n[de] Für wenige.", at)
	draft.TLP = cvd.TLPClear
	if open := Revise(draft, closed, "For all.", at); len(open.Texts["de"].Parts) != 0 {
		t.Errorf("what was for a few is told in a translation: %v", open.Texts)
	}
}
