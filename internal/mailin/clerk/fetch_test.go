package clerk

import (
	"context"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
)

// The directory is asked once, and only about who sent no key and has none on record.
func TestFetch(t *testing.T) {
	own, err := pgp.Generate("Finder", "finder@example.org", time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC), 0)
	if err != nil {
		t.Fatal(err)
	}
	public, err := own.Public()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		read  mailroom.Read
		place casework.Placement
		err   error
		asked string
		found bool
	}{
		"no key":        {asked: "finder@example.org", found: true},
		"none there":    {asked: "finder@example.org", err: cvd.ErrNotFound},
		"with the mail": {read: mailroom.Read{Key: "x", How: mailroom.ByFile}},
		"on record":     {place: casework.Placement{Key: "x"}},
	} {
		asked := ""
		c.read.Message = &mail.Message{From: []mail.Address{{Email: "finder@example.org"}}}
		s := &sheet{Clerk: &Clerk{Config: Config{Fetch: func(_ context.Context, email string) (*pgp.PublicKey, error) {
			asked += email
			return public, c.err
		}}}, read: c.read, place: c.place}
		s.fetch(t.Context())
		if asked != c.asked || (s.read.How == mailroom.ByDirectory) != c.found || c.found != strings.Contains(s.read.Key, "PUBLIC KEY") {
			t.Errorf("%s: asked %q, key by %q", name, asked, s.read.How)
		}
	}
	s := &sheet{Clerk: &Clerk{}}
	s.fetch(t.Context()) // nobody is asked
}
