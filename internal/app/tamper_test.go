package app_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/hand"
)

// cellar is a house with a few cases, in a folder that a test opens again.
type cellar struct {
	t    *testing.T
	cfg  app.Config
	lead cvd.Actor
	h    *app.House
}

func newCellar(t *testing.T) *cellar {
	t.Helper()
	c := &cellar{t: t, cfg: app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}}
	c.open()
	seeded, err := demo.Seed(context.Background(), c.h, examples.TwoPersonTeam, true)
	c.must(err)
	c.lead = cvd.Actor{Kind: cvd.ActorMember, ID: seeded.Lead.ID, Roles: seeded.Lead.Roles}
	return c
}

func (c *cellar) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cellar) open() { c.t.Helper(); c.h = open(c.t, c.cfg) }

func (c *cellar) close() { c.t.Helper(); c.must(c.h.Close()) }

func (c *cellar) report() casework.Accepted {
	c.t.Helper()
	a, err := c.h.Desk.As(cvd.Stranger).Receive(context.Background(), casework.Submission{Channel: "api", Report: &cvd.Report{
		Title: "canary-title", Description: "words", Reporter: &cvd.Contact{Email: "canary@example.net"},
	}})
	c.must(err)
	return a
}

func (c *cellar) do(id cvd.CaseID, verb cvd.Verb, in cvd.Input) {
	c.t.Helper()
	if _, err := c.h.Desk.As(c.lead).Do(context.Background(), id, verb, in); err != nil {
		c.t.Fatalf("%s: %v", verb, err)
	}
}

func (c *cellar) edit(statement string, args ...any) {
	c.t.Helper()
	hand.Edit(c.t, filepath.Join(c.cfg.Data, "fairlead.db"), statement, args...)
}

// faults are what the check finds, as one text.
func (c *cellar) faults(repair bool) string {
	c.t.Helper()
	out, err := c.h.CheckHistories(context.Background(), repair)
	c.must(err)
	text := ""
	for _, f := range out.Findings {
		text += f.What + " " + f.Where + ": " + f.Text + "\n"
	}
	return text
}

// What somebody changes in the database without any key is found, and told from
// what the house did itself.
func TestEditsWithoutAKeyAreFound(t *testing.T) {
	c := newCellar(t)
	redacted, erased, gone, a := c.report().Case, c.report().Case, c.report().Case, c.report().Case
	c.do(redacted, cvd.VerbMessage, cvd.Input{Text: "a secret"})
	c.do(redacted, cvd.VerbRedact, cvd.Input{Seq: 2, Reason: "a secret"})
	c.do(redacted, cvd.VerbForget, cvd.Input{Reason: "asked"})
	c.do(erased, cvd.VerbInvalidate, cvd.Input{Reason: "no flaw"})
	c.do(erased, cvd.VerbClose, cvd.Input{})
	c.do(erased, cvd.VerbErase, cvd.Input{Reason: "asked for"})
	c.do(a, cvd.VerbMessage, cvd.Input{Text: "we look"})
	c.do(a, cvd.VerbMessage, cvd.Input{Text: "we still look"})
	if text := c.faults(false); text != "" {
		t.Fatalf("an untouched house: %s", text)
	}
	c.close()
	db := filepath.Join(c.cfg.Data, "fairlead.db")
	whole, err := os.ReadFile(db)
	c.must(err)
	const last = 9223372036854775807
	for _, e := range []struct {
		statement string
		args      []any
		finds     string
		mends     bool
	}{
		{"UPDATE events SET body_key = NULL WHERE stream = $1 AND seq = 2", []any{a}, "the words of event 2 are gone, but no redaction is recorded", false},
		{"UPDATE cases SET wrapped_key = NULL WHERE id = $1", []any{a}, "its key is gone, but no erasure is recorded", false},
		{"DELETE FROM participant_keys WHERE case_id = $1", []any{a}, "the key of the reporter's contact is gone", false},
		{"DELETE FROM records WHERE kind = 'erasure' AND id = $1", []any{erased}, "its key is gone, but no erasure is recorded", false},
		{"DELETE FROM events WHERE stream = $1", []any{a}, "it has a row, but no history", false},
		{"DELETE FROM events WHERE stream = $1 AND seq = 2", []any{a}, "event 2 is missing", false},
		{"DELETE FROM events WHERE stream = $1 AND seq = 3", []any{a}, "the last 1 of its events are missing", false},
		{"DELETE FROM cases WHERE id = $1", []any{gone}, "it has a history, but its row is gone", false},
		{`UPDATE events SET head = CAST(replace(CAST(head AS TEXT), '"human":true', '"human":false') AS BLOB) WHERE stream = $1 AND seq = 2`, []any{a}, "does not match its leaf", false},
		{"UPDATE cases SET closed = 1 WHERE id = $1", []any{a}, "history: closed", true},
		{"UPDATE cases SET wake = $2 WHERE id = $1", []any{a, last}, "history: wake", true},
		{"UPDATE cases SET next_due = $2, next_kind = '' WHERE id = $1", []any{a, last}, "history: nextdue, nextkind", true},
		{"UPDATE cases SET assignee = 'x', band = 'low', unread = 1 - unread WHERE id = $1", []any{a}, "history: band, assignee, unread", true},
		{"UPDATE cases SET policy = 9 WHERE id = $1", []any{a}, "history: policy", true},
		{"UPDATE cases SET version = 9 WHERE id = $1", []any{a}, "history: version", true},
		{"UPDATE cases SET emergency = 1 WHERE id = $1", []any{erased}, "history: emergency", true},
		{"UPDATE cases SET sealed = (SELECT sealed FROM cases WHERE id = $2) WHERE id = $1", []any{a, gone}, "what is sealed in it cannot be opened", true},
	} {
		t.Run(e.finds, func(t *testing.T) {
			c.t = t
			for _, suffix := range []string{"-wal", "-shm"} {
				if err := os.Remove(db + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			c.must(os.WriteFile(db, whole, 0o600))
			for i := range e.args {
				if id, ok := e.args[i].(cvd.CaseID); ok {
					e.args[i] = string(id)
				}
			}
			c.edit(e.statement, e.args...)
			c.open()
			defer c.close()
			if text := c.faults(false); !strings.Contains(text, "fault ") || !strings.Contains(text, e.finds) || strings.Count(text, "\n") != 1 {
				t.Errorf("found is %q", text)
			}
			_ = c.faults(true)
			if text := c.faults(false); (text == "") != e.mends {
				t.Errorf("after a repair it finds %q", text)
			}
		})
	}
}

// Histories that belong to no case are held against their leaves as well, and the
// bills of materials against what their history says.
func TestEditsOfOtherHistoriesAreFound(t *testing.T) {
	ctx := context.Background()
	c := newCellar(t)
	c.publish("EX-2026-ONE")
	for _, version := range []string{"1.0", "1.1"} {
		_, err := c.h.Parts.Add(ctx, c.lead, parts.Upload{
			Product: "Tidewater Server", Version: version, File: "bill.json",
			Bytes: []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"example","version":"` + version + `"}]}`),
		})
		c.must(err)
	}
	before, err := c.h.CheckHistories(ctx, false)
	c.must(err)
	streams, rows := 0, 0
	for name, want := range map[string]int{rulebook.Stream: 2, parts.Stream: 2, register.Stream: 1} {
		var evs []store.Event
		c.must(c.h.Store.View(ctx, func(tx store.Tx) (err error) {
			evs, err = tx.Events(name, 0, 100)
			return err
		}))
		if streams, rows = streams+1, rows+len(evs); len(evs) < want {
			t.Fatalf("%s has %d events", name, len(evs))
		}
	}
	if before.Events != rows || len(before.Findings) > 0 {
		t.Fatalf("of %d events of %d histories it checked %+v", rows, streams, before)
	}
	whole := backup(t, c)
	const (
		head = "UPDATE events SET head = CAST(replace(CAST(head AS TEXT), '\"v\":1', '\"v\":2') AS BLOB) WHERE stream = $1 AND seq = $2"
		leaf = "UPDATE events SET leaf = zeroblob(32) WHERE stream = $1 AND seq = $2"
		body = "UPDATE events SET sealed = zeroblob(length(sealed)) WHERE stream = $1 AND seq = $2"
		key  = "UPDATE events SET body_key = NULL WHERE stream = $1 AND seq = $2"
		gone = "DELETE FROM events WHERE stream = $1 AND seq = $2"
	)
	for _, e := range []struct {
		stream, statement string
		seq               int
		finds             string
	}{
		{rulebook.Stream, head, 2, "@policy: event 2: "},
		{rulebook.Stream, leaf, 1, "@policy: event 1: "},
		{rulebook.Stream, body, 2, "@policy: event 2: "},
		{rulebook.Stream, key, 1, "@policy: event 1: "},
		{rulebook.Stream, gone, 1, "@policy: event 1 is missing"},
		{parts.Stream, head, 1, "@components: event 1: "},
		{parts.Stream, leaf, 2, "@components: event 2: "},
		{parts.Stream, body, 1, "@components: event 1: "},
		{parts.Stream, key, 2, "@components: event 2: "},
		{parts.Stream, gone, 1, "@components: event 1 is missing"},
		{parts.Stream, gone, 2, "is in force, but nothing in the history says so"},
		{register.Stream, head, 1, "advisories: event 1: "},
		{register.Stream, gone, 1, "events are missing"},
	} {
		t.Run(e.finds, func(t *testing.T) {
			c.t = t
			// The house is open: it would not start on a policy that it cannot read.
			restored(t, c, whole)
			defer c.close()
			c.edit(e.statement, e.stream, e.seq)
			if text := c.faults(false); !strings.Contains(text, "fault ") || !strings.Contains(text, e.finds) {
				t.Errorf("found is %q", text)
			}
		})
	}
	for _, statement := range []string{
		"DELETE FROM records WHERE kind = 'bill' AND length($1) > 0",
		"UPDATE records SET sealed = zeroblob(length(sealed)) WHERE kind = 'bill' AND length($1) > 0",
	} {
		c.t = t
		restored(t, c, whole)
		c.edit(statement, parts.Stream)
		if text := c.faults(false); strings.Count(text, "fault @components: the bill ") != 2 {
			t.Errorf("%s: found is %q", statement, text)
		}
		c.close()
	}
}

// backup closes the house and reads its database.
func backup(t *testing.T, c *cellar) []byte {
	t.Helper()
	c.close()
	b, err := os.ReadFile(filepath.Join(c.cfg.Data, "fairlead.db"))
	c.must(err)
	return b
}

// restored opens the house on that database again.
func restored(t *testing.T, c *cellar, whole []byte) {
	t.Helper()
	db := filepath.Join(c.cfg.Data, "fairlead.db")
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(db + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	c.must(os.WriteFile(db, whole, 0o600))
	c.open()
}

// Nobody gets the keys by writing another recipient into the database.
func TestRotationRefusesAnotherRecipient(t *testing.T) {
	ctx := context.Background()
	thief, foreign, err := seal.NewRecovery()
	if err != nil {
		t.Fatal(err)
	}
	opens := func(c *cellar, identity string) bool {
		var rec store.Record
		c.must(c.h.Store.View(ctx, func(tx store.Tx) (err error) {
			rec, err = tx.Record("recovery", "1")
			return err
		}))
		_, err := seal.Restore(identity, rec.Sealed)
		return err == nil
	}
	for name, statement := range map[string]string{
		"owner":             "UPDATE records SET owner = $1 WHERE kind = 'recovery'",
		"recipient's owner": "UPDATE records SET owner = $1 WHERE kind = 'recovery-recipient'",
		"recipient":         "UPDATE records SET sealed = CAST($1 AS BLOB) WHERE kind = 'recovery-recipient'",
		"ring":              "UPDATE records SET sealed = CAST($1 AS BLOB) WHERE kind = 'recovery'",
		"no recipient":      "DELETE FROM records WHERE kind = 'recovery-recipient' AND $1 <> ''",
		"no ring":           "DELETE FROM records WHERE kind = 'recovery' AND $1 <> ''",
	} {
		t.Run(name, func(t *testing.T) {
			c := newCellar(t)
			defer func() { c.close() }()
			identity, err := c.h.Recovery(ctx)
			c.must(err)
			_, err = c.h.RotateKeys(ctx)
			c.must(err)
			if !opens(c, identity) {
				t.Fatal("the recovery identity does not open the ring")
			}
			c.close()
			c.edit(statement, foreign)
			c.open()
			before := c.h.Vault.Keys().PrimaryID()
			_, err = c.h.RotateKeys(ctx)
			if name == "owner" { // it says nothing any more
				c.must(err)
				if opens(c, thief) || !opens(c, identity) {
					t.Error("the ring went to somebody else")
				}
				return
			}
			if !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), "changed outside Fairlead") || c.h.Vault.Keys().PrimaryID() != before {
				t.Errorf("rotating: %v, primary %s, was %s", err, c.h.Vault.Keys().PrimaryID(), before)
			}
			if again, err := c.h.Recovery(ctx); err != nil || again != "" {
				t.Errorf("a start made another identity: %v", err)
			}
			out, err := c.h.Doctor(ctx, false)
			c.must(err)
			found := false
			for _, f := range out.Findings {
				found = found || (f.What == "fault" && f.Where == "keys")
			}
			if !found {
				t.Errorf("the doctor found %v", out.Findings)
			}
		})
	}
}

// An older backup brings back neither an erased case nor redacted words nor a
// forgotten contact, and what it held of them in rows goes too.
func TestARestoreRepeatsWhatWasDestroyed(t *testing.T) {
	ctx := context.Background()
	c := newCellar(t)
	erased, redacted, forgotten, renewed := c.report(), c.report(), c.report(), c.report()
	for _, a := range []casework.Accepted{redacted, renewed} {
		c.do(a.Case, cvd.VerbMessage, cvd.Input{Text: "we look"})
	}
	c.do(erased.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no flaw"})
	c.do(erased.Case, cvd.VerbClose, cvd.Input{})
	c.do(renewed.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
	reporter, err := c.h.Auth.Receipt(ctx, renewed.Receipt)
	c.must(err)
	_, err = c.h.Desk.As(reporter).Do(ctx, renewed.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Email: "new@example.net"}})
	c.must(err)
	identity, err := c.h.Recovery(ctx)
	c.must(err)
	copied := filepath.Join(t.TempDir(), "copy")
	c.must(c.h.Backup(ctx, copied))
	c.do(erased.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})
	c.do(redacted.Case, cvd.VerbRedact, cvd.Input{Seq: 1, Reason: "names"})
	c.do(forgotten.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
	after := c.report().Case // a case that the backup does not know
	c.do(after, cvd.VerbForget, cvd.Input{Reason: "asked"})
	c.close()
	old := filepath.Join(c.cfg.Data, "erasures.log")

	c.cfg.Data = t.TempDir()
	n, err := app.Restore(ctx, c.cfg, app.RestoreOptions{From: copied, Erasures: old, Identity: io.Reader(strings.NewReader(identity))})
	if err != nil || n != 3 {
		t.Fatalf("restored with %d erasures, %v", n, err)
	}
	for range 2 { // settled at the first start, and still so at the second
		c.open()
		read := func(id cvd.CaseID) *casework.File {
			t.Helper()
			f, err := c.h.Desk.As(c.lead).Case(ctx, id)
			c.must(err)
			return f
		}
		if !read(erased.Case).Erased {
			t.Error("the erased case came back")
		}
		if f := read(redacted.Case); f.Events[0].Body != nil || f.Case.Title != "" || f.Events[1].Body == nil {
			t.Errorf("the redacted words came back: %+v, title %q", f.Events[0].Body, f.Case.Title)
		} else if p := f.Case.Participant(cvd.Reporter); p.Contact == nil || p.Contact.Email != "canary@example.net" {
			t.Error("the contact went with the words")
		}
		if p := read(forgotten.Case).Case.Participant(cvd.Reporter); p.Contact != nil {
			t.Error("the forgotten contact came back")
		}
		if p := read(renewed.Case).Case.Participant(cvd.Reporter); p.Contact == nil || p.Contact.Email != "new@example.net" {
			t.Error("a contact that was given after a forgetting went")
		}
		if text := c.faults(false); text != "" {
			t.Errorf("the check finds %s", text)
		}
		c.close()
	}
	a, err := os.ReadFile(old)
	c.must(err)
	b, err := os.ReadFile(filepath.Join(c.cfg.Data, "erasures.log"))
	c.must(err)
	if string(a) != string(b) || strings.Count(string(b), "\n") != 5 {
		t.Errorf("the journal was\n%sand is\n%s", a, b)
	}
}
