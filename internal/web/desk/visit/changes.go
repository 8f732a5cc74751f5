package visit

import (
	"strings"
	"time"

	"fairlead/internal/auth"
)

// Change is what was done to the reader's own account.
type Change struct {
	At              time.Time
	What, Who, From string
}

// Changes says what entries of the audit tell their reader.
func (l *Lens) Changes(entries []auth.AuditEntry) []Change {
	out := make([]Change, len(entries))
	for i := range entries {
		e := &entries[i]
		did := e.ToldOwn()
		for j, word := range did {
			did[j] = l.Say("account.own." + word)
		}
		out[i] = Change{At: e.At, What: strings.Join(did, " "), Who: l.Who(e.Doer()), From: e.From}
	}
	return out
}
