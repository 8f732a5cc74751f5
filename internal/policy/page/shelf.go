package page

import (
	"fmt"
	"html/template"
	"sync"

	"fairlead/internal/policy"
)

// Shelf keeps the body last rendered in each language, since a policy changes
// seldom and is read often. It is safe for concurrent use.
type Shelf struct {
	mu   sync.Mutex
	kept map[string]rendered // by language, and by that which links carry on
}

type rendered struct {
	key  string
	html template.HTML
}

// HTMLBody is the function of that name; the version's number stands for the
// policy.
func (s *Shelf) HTMLBody(p *policy.Policy, v View) (template.HTML, error) {
	key := fmt.Sprint(v.Version, len(v.Recorded), v.ReviewDue, v.Overdue())
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.kept[v.Voice.Lang()+v.Carry]; last.key == key {
		return last.html, nil
	}
	body, err := HTMLBody(p, v)
	if err != nil {
		return "", err
	}
	if s.kept == nil {
		s.kept = map[string]rendered{}
	}
	s.kept[v.Voice.Lang()+v.Carry] = rendered{key, body}
	return body, nil
}
