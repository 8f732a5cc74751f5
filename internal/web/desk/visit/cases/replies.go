package cases

import (
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// readers is the voice of what the reporter is told: the language that they chose,
// or else that of the policy's own texts.
func (v lens) readers(f *casework.File) *words.Voice {
	chosen := ""
	if p := f.Case.Participant(cvd.Reporter); p != nil && p.Contact != nil {
		chosen = p.Contact.Language
	}
	if f.Policy != nil {
		return v.Site.Words.In(chosen, f.Policy.Policy.Language())
	}
	return v.Site.Words.In(chosen)
}

// replies offers the prepared replies of the policy that the case pins, in the
// reporter's language first, then in the others that the policy has them in.
func (v lens) replies(f *casework.File) []web.Option {
	if f.Policy == nil {
		return nil
	}
	first, langs := v.readers(f).Lang(), v.Site.TermsSpoken(f.Policy)
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
