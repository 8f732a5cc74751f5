package casework_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
)

// house is the rooms up to casework over a real SQLite file, on a clock that
// stands until the test moves it.
type house struct {
	t     *testing.T
	dir   string
	now   time.Time
	st    store.Store
	vault *vault.Vault
	auth  *auth.Auth
	book  *rulebook.Book
	reg   *register.Register
	desk  *casework.Desk

	lead, member, fixer, other cvd.Actor
	officers                   map[string]cvd.Actor // by office
}

var berlin = func() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
}()

// tuesday is inside working hours on an ordinary day.
var tuesday = time.Date(2026, time.March, 3, 10, 0, 0, 0, berlin)

func build(t *testing.T, policyFile string, open func(t *testing.T, dir string) store.Store) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), now: tuesday, officers: map[string]cvd.Actor{}}
	h.st = open(t, h.dir)
	h.vault = vaulttest.Open(t, h.st, h.now)
	now := func() time.Time { return h.now.UTC() }
	h.auth = auth.New(h.st, h.vault, auth.Options{Now: now, DevFastHash: true})
	var err error
	h.book, err = rulebook.Open(ctx, rulebook.Config{Store: h.st, Vault: h.vault, Now: now, Name: randomName})
	must(t, err)
	blobs, err := blob.Dir(filepath.Join(h.dir, "blobs"))
	must(t, err)
	h.reg = register.Open(register.Config{
		Store: h.st, Vault: h.vault, Now: now, Formats: []advisory.Format{csaf.Format},
		Publisher: func() advisory.Publisher {
			return advisory.Publisher{Name: "Example Org", Namespace: "https://example.org", Contact: "mailto:security@example.org", Base: "https://security.example.org"}
		},
	})
	h.desk = casework.New(casework.Config{
		Register: h.reg, Lint: lint, Store: h.st, Vault: h.vault, Book: h.book, Blobs: blobs, Team: h.auth, Receipts: h.auth,
		ReceiptKind: auth.RecordReceipt, Now: now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	h.lead = h.addMember("Lead", "lead@example.org", cvd.RoleLead)
	h.member = h.addMember("Member", "member@example.org", cvd.RoleMember)
	h.fixer = h.addMember("Fixer", "fixer@example.org", cvd.RoleFixer)
	h.other = h.addMember("Other", "other@example.org", cvd.RoleFixer)
	h.publish(policyFile)
	return h
}

// lint finds an error where the title says so.
func lint(a *cvd.Advisory) []advisory.Finding {
	if strings.Contains(a.Title, "wrong") {
		return []advisory.Finding{{Level: advisory.LevelError, Rule: "test", Fault: cvd.Fault{Field: "title", Problem: "is wrong", Remedy: "mend it"}}}
	}
	return nil
}

func randomName() (string, error) {
	var b [16]byte
	_, err := rand.Read(b[:])
	return hex.EncodeToString(b[:]), err
}

func onSQLite(t *testing.T, dir string) store.Store {
	t.Helper()
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(dir, "fairlead.db"), sqlstore.Options{})
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func onPostgres(t *testing.T, _ string) store.Store { return engines.Postgres(t) }

// each runs the test on every engine; PostgreSQL skips by name where there is
// none.
func each(t *testing.T, policyFile string, test func(h *house)) {
	t.Run("sqlite", func(t *testing.T) { test(build(t, policyFile, onSQLite)) })
	t.Run("postgres", func(t *testing.T) { test(build(t, policyFile, onPostgres)) })
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var ctx = context.Background()

// try does a verb, or says why not.
func (h *house) try(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input) (casework.Done, error) {
	return h.desk.As(by).Do(ctx, id, verb, in)
}

// refused fails the test unless the verb is refused for this reason.
func (h *house) refused(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input, want error) {
	h.t.Helper()
	if _, err := h.try(by, id, verb, in); !errors.Is(err, want) {
		h.t.Errorf("%s by %s: %v, want %v", verb, by.Ref(), err, want)
	}
}

// attach sends a file and fails the test if it is refused.
func (h *house) attach(by cvd.Actor, id cvd.CaseID, name, content string) cvd.Attachment {
	h.t.Helper()
	done, err := h.desk.As(by).Attach(ctx, id, name, strings.NewReader(content), cvd.Input{})
	must(h.t, err)
	return *done.Events[0].Body.File
}

// blobs lists the files that are kept, whole or half.
func (h *house) blobs() []string {
	h.t.Helper()
	var out []string
	must(h.t, filepath.WalkDir(filepath.Join(h.dir, "blobs"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, filepath.Base(p))
		}
		return err
	}))
	return out
}

// addsUp fails the test unless the history of the case is gapless and replays
// to the state that its row holds.
func (h *house) addsUp(id cvd.CaseID) {
	h.t.Helper()
	f := h.file(id)
	for i, ev := range f.Events {
		if ev.Seq != int64(i+1) {
			h.t.Fatalf("%s: event %d stands at %d", id, ev.Seq, i+1)
		}
	}
	again, err := cvd.Replay(f.Events)
	must(h.t, err)
	clean := func(c *cvd.Case) *cvd.Case {
		d := c.Clone()
		for i := range d.Participants {
			d.Participants[i].Contact = nil
		}
		return d
	}
	if diff := cmp.Diff(clean(f.Case), clean(again), cmpopts.EquateEmpty()); diff != "" {
		h.t.Errorf("%s: the history does not add up to the case (-row +history):\n%s", id, diff)
	}
}

func newHouse(t *testing.T) *house { return build(t, "two-person-team.yaml", onSQLite) }

func (h *house) publish(policyFile string) {
	h.t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", policyFile))
	must(h.t, err)
	h.publishText(source)
}

func (h *house) publishText(source []byte) {
	h.t.Helper()
	v, err := h.book.Publish(ctx, cvd.System, source)
	must(h.t, err)
	for _, want := range v.Missing() {
		if h.officers[want.Office].ID == "" {
			h.officers[want.Office] = h.addMember("Officer "+want.Office, hex.EncodeToString([]byte(want.Office))+"@example.org", cvd.RoleOfficer)
		}
		officer := h.officers[want.Office]
		_, err := h.book.Sign(ctx, officer, v.Number, want.Office, want.Act, v.Digest, "")
		must(h.t, err)
	}
}

func (h *house) addMember(name, email string, roles ...cvd.Role) cvd.Actor {
	h.t.Helper()
	m := cvd.Member{Name: name, Email: email, Roles: roles, Active: true}
	if roles[0] == cvd.RoleOfficer {
		m.Offices = []string{name[len("Officer "):]}
	}
	m, err := h.auth.AddMember(ctx, cvd.System, m)
	must(h.t, err)
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// report sends a report as a stranger would, with an address.
func (h *house) report() casework.Accepted {
	h.t.Helper()
	a, err := h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "web",
		Report: &cvd.Report{
			Title: "canary-title", Product: "canary-product", Description: "canary-description",
			Reporter: &cvd.Contact{Name: "canary-name", Email: "canary@example.net"},
		},
	})
	must(h.t, err)
	return a
}

func (h *house) reporter(a casework.Accepted) cvd.Actor {
	h.t.Helper()
	actor, err := h.auth.Receipt(ctx, a.Receipt)
	must(h.t, err)
	return actor
}

// do does a verb and fails the test if it is refused.
func (h *house) do(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input) casework.Done {
	h.t.Helper()
	done, err := h.desk.As(by).Do(ctx, id, verb, in)
	if err != nil {
		h.t.Fatalf("%s: %v", verb, err)
	}
	return done
}

// wait moves the clock and lets it do its part at each instant that it asked
// to be woken at.
func (h *house) wait(d time.Duration) {
	h.t.Helper()
	h.now = h.now.Add(d)
	_, err := h.desk.Tick(ctx)
	must(h.t, err)
	must(h.t, h.book.Tick(ctx))
}

func (h *house) file(id cvd.CaseID) *casework.File {
	h.t.Helper()
	f, err := h.desk.As(h.lead).Case(ctx, id)
	must(h.t, err)
	return f
}
