package web

import (
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/words"
)

// termsKey is a version of the policy in a language.
type termsKey struct {
	number int
	lang   string
}

// Terms is a version of the policy as it reads in the voice's language: translated
// where it has a translation. It must not be changed. No version is no policy.
func (s *Site) Terms(v *words.Voice, version *rulebook.Version) *policy.Policy {
	if version == nil {
		return nil
	}
	key := termsKey{version.Number, v.Lang()}
	if had, ok := s.terms.Load(key); ok {
		return had.(*policy.Policy)
	}
	read, _ := s.terms.LoadOrStore(key, version.Policy.In(v))
	return read.(*policy.Policy)
}

// TermsSpoken are the languages of the house that a version of the policy speaks: its
// own first, then those that it is translated into.
func (s *Site) TermsSpoken(version *rulebook.Version) []string {
	out := []string{s.Words.In(version.Policy.Language()).Lang()}
	for _, lang := range words.Languages {
		if lang != out[0] && version.Policy.Translated(lang) {
			out = append(out, lang)
		}
	}
	return out
}

// foreign is the language of a text of the policy where that is not the page's, for
// a lang attribute; of any other text it is empty. A text of a version whose Terms
// nobody asked for is not known here.
func (s *Site) foreign(lang, text string) string {
	found := ""
	s.terms.Range(func(key, read any) bool {
		if key.(termsKey).lang == lang {
			found = read.(*policy.Policy).Foreign(text)
		}
		return found == ""
	})
	return found
}
