package post

import (
	"context"
	"time"

	"fairlead/internal/store"
)

// Waiting leaves mail in the inbox: there is nobody yet who sorts it.
type Waiting struct{ Now func() time.Time }

// Carry asks for the effect again in an hour.
func (w Waiting) Carry(context.Context, store.Effect) ([]byte, error) {
	return nil, notYet(w.Now().Add(time.Hour))
}

type notYet time.Time

func (n notYet) Error() string    { return "nobody sorts mail yet" }
func (n notYet) Until() time.Time { return time.Time(n) }
