package cvd

import (
	"errors"
	"slices"
	"strings"
)

// The kinds of refusal. Every door has one table from kind to its own answer (status,
// exit code, page); an error of no kind is an internal one, and tells strangers nothing.
var (
	// ErrNotFound is what does not exist, or may not be seen: never told apart.
	ErrNotFound = errors.New("not found")
	// ErrUnauthenticated means that credentials are missing, wrong or expired.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden means that the actor may see the thing but not do this to it.
	ErrForbidden = errors.New("not allowed")
	// ErrInvalid means that the input is readable but wrong; see Faults.
	ErrInvalid = errors.New("invalid")
	// ErrUnreadable means that the input could not be read at all.
	ErrUnreadable = errors.New("unreadable")
	// ErrTooLarge means that the input is over a limit of size or number.
	ErrTooLarge = errors.New("too large")
	// ErrNotReady means that the state of the case does not allow it now.
	ErrNotReady = errors.New("not possible now")
	// ErrEmbargoed means that an embargo forbids it.
	ErrEmbargoed = errors.New("under embargo")
	// ErrConflict means that somebody else changed the same thing first.
	ErrConflict = errors.New("changed meanwhile")
	// ErrLimited means too many requests; try again later.
	ErrLimited = errors.New("too many requests")
	// ErrUnavailable means that something outside failed and nothing was stored.
	ErrUnavailable = errors.New("unavailable")
	// ErrFull means that too little space is left for files; words are still kept.
	ErrFull = errors.New("too little space is left for files")
)

// Fault is one thing wrong with an input. It never repeats the submitted value.
type Fault struct {
	Field   string `json:"field"`   // as the API names it, such as "reporter.email"
	Problem string `json:"problem"` // what is wrong, with the limit that was broken
	Remedy  string `json:"remedy"`  // what to do about it
}

// Faults lists everything wrong with one input. It is an ErrInvalid.
type Faults []Fault

// Error joins the faults in one line.
func (f Faults) Error() string {
	var b strings.Builder
	for i, one := range f {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(one.Field + ": " + one.Problem)
		if one.Remedy != "" {
			b.WriteString(" (" + one.Remedy + ")")
		}
	}
	return b.String()
}

// Is makes every list of faults an ErrInvalid.
func (f Faults) Is(target error) bool { return target == ErrInvalid }

// And adds those of more whose field, or one around or within it, is not blamed
// yet: what could not be read is not also missing.
func (f Faults) And(more Faults) Faults {
	within := func(a, b string) bool { return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(a, b+"[") }
	was := f
	for _, one := range more {
		if !slices.ContainsFunc(was, func(x Fault) bool { return within(x.Field, one.Field) || within(one.Field, x.Field) }) {
			f = append(f, one)
		}
	}
	return f
}

// Err returns nil for an empty list.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}
