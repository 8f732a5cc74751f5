package fields

import (
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/words"
)

// readersVoice is the voice of what the reporter is told: the language that they chose,
// or else that of the policy's own texts.
func readersVoice(v *visit.Lens, f *casework.File) *words.Voice {
	chosen := ""
	if p := f.Case.Participant(cvd.Reporter); p != nil && p.Contact != nil {
		chosen = p.Contact.Language
	}
	if f.Policy != nil {
		return v.Site.Words.In(chosen, f.Policy.Policy.Language())
	}
	return v.Site.Words.In(chosen)
}

// Replies offers the prepared replies of the policy that the case pins, in the
// reporter's language first, then in the others that the policy has them in.
func Replies(v *visit.Lens, f *casework.File) []web.Option {
	if f.Policy == nil {
		return nil
	}
	first, langs := readersVoice(v, f).Lang(), v.Site.TermsSpoken(f.Policy)
	slices.SortStableFunc(langs, func(a, b string) int { return rank([]string{first}, a) - rank([]string{first}, b) })
	var out []web.Option
	for _, lang := range langs {
		for _, reply := range v.Site.Terms(v.Site.Words.In(lang), f.Policy).CannedReplies {
			one := web.Option{Value: reply.ID + "/" + lang, Label: reply.Title}
			if len(langs) > 1 {
				one.Label += " (" + words.Endonym(lang) + ")"
			}
			out = append(out, one)
		}
	}
	return out
}

// Replied tells whether a prepared reply fits into the form of the verb.
func Replied(c *cvd.Case, verb cvd.Verb) bool {
	return planOf(c, verb).box != "" && slices.Contains(rule.SpecOf(verb).Takes, "text") && verb != cvd.VerbProvide && verb != cvd.VerbSuccessor
}

// Insert puts the prepared reply that was chosen below what was typed. origin is the
// site's address, which the reply may name.
func Insert(v *visit.Lens, f *casework.File, verb cvd.Verb, typed url.Values, origin string) {
	box := planOf(f.Case, verb).box
	if f.Policy == nil || box == "" {
		return
	}
	id, lang, _ := strings.Cut(typed.Get("canned"), "/")
	p := v.Site.Terms(v.Site.Words.In(lang), f.Policy)
	if p.PublicURL != "" {
		origin = p.PublicURL
	}
	reply, err := p.Reply(id, origin)
	if err != nil {
		return // none was chosen
	}
	text := typed.Get(box)
	if text != "" {
		text += "\n\n"
	}
	typed.Set(box, text+Unwrapped(reply.Text))
	if reply.Clause != "" && slices.Contains(rule.SpecOf(verb).Takes, "clauses") && !slices.Contains(typed["clauses"], reply.Clause) {
		typed.Add("clauses", reply.Clause)
	}
}
