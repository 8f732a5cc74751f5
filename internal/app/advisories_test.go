package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/app"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/register"
)

func (c *cellar) publish(id cvd.AdvisoryID) {
	c.t.Helper()
	a := advisorytest.Example()
	now := c.h.Options.Clock.Now().UTC().Truncate(time.Second)
	a.ID, a.Revision, a.Title, a.Published, a.Modified = id, 1, "A flaw", now, now
	a.History = []cvd.AdvisoryChange{{Revision: 1, At: now, Text: "First published."}}
	c.must(c.h.Register.Publish(context.Background(), a))
}

// What is published is held against its history, survives new keys, and comes
// back with a backup.
func TestWhatIsPublishedIsKept(t *testing.T) {
	ctx := context.Background()
	c := newCellar(t)
	c.publish("EX-2026-ONE")
	c.publish("EX-2026-TWO")
	out, err := c.h.CheckHistories(ctx, false)
	c.must(err)
	if out.Published != 2 || len(out.Findings) != 0 {
		t.Fatalf("checked %+v", out)
	}
	_, err = c.h.RotateKeys(ctx)
	c.must(err)
	identity, err := c.h.Recovery(ctx)
	c.must(err)
	copied := filepath.Join(t.TempDir(), "copy")
	c.must(c.h.Backup(ctx, copied))
	c.close()
	db := filepath.Join(c.cfg.Data, "fairlead.db")
	whole, err := os.ReadFile(db)
	c.must(err)
	for statement, want := range map[string]string{
		"DELETE FROM events WHERE stream = $1 AND seq = 1":                                                       "event 1 is missing",
		"DELETE FROM events WHERE stream = $1 AND seq = 2":                                                       "the last 1 events are missing",
		"UPDATE events SET body_key = NULL WHERE stream = $1 AND seq = 2":                                        "event 2: erased",
		"UPDATE events SET head = CAST(replace(CAST(head AS TEXT), 'published', 'x') AS BLOB) WHERE stream = $1": "does not match its leaf",
	} {
		t.Run(want, func(t *testing.T) {
			c.t = t
			for _, suffix := range []string{"-wal", "-shm"} {
				_ = os.Remove(db + suffix)
			}
			c.must(os.WriteFile(db, whole, 0o600))
			c.edit(statement, register.Stream)
			c.open()
			defer c.close()
			if text := c.faults(false); !strings.Contains(text, "fault advisories: ") || !strings.Contains(text, want) {
				t.Errorf("found is %q", text)
			}
		})
	}
	c.t = t
	c.cfg.Data = t.TempDir()
	_, err = app.Restore(ctx, c.cfg, app.RestoreOptions{From: copied, Identity: strings.NewReader(identity)})
	c.must(err)
	c.open()
	defer c.close()
	if text := c.faults(false); text != "" {
		t.Errorf("after a restore: %s", text)
	}
	a, err := c.h.Register.Record(ctx, "EX-2026-TWO", 0)
	if err != nil || a.Title != "A flaw" {
		t.Errorf("the record did not come back: %v", err)
	}
}

// Documents carry signatures of the key that signs security.txt.
func TestDocumentsAreSignedByTheHouse(t *testing.T) {
	ctx := context.Background()
	c := newCellar(t)
	defer c.close()
	c.publish("EX-2026-ONE")
	e, err := c.h.Register.Entry(ctx, "EX-2026-ONE")
	c.must(err)
	armored, err := c.h.PublicKey(ctx)
	c.must(err)
	key, err := pgp.ReadPublic(armored)
	c.must(err)
	if len(e.Documents) == 0 {
		t.Error("it is published in no format")
	}
	for _, format := range e.Documents {
		d, err := c.h.Register.Document(ctx, e.ID, format)
		c.must(err)
		if got := pgp.Verify(d.Bytes, d.Signature, []*pgp.PublicKey{key}, c.h.Options.Clock.Now()); got.State != pgp.Good {
			t.Errorf("%s: %+v", format, got)
		}
	}
}
