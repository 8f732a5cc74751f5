// Package webtest is the real house in a temporary folder, on SQLite and on a
// clock that stands until a test moves it, with a browser that keeps cookies and
// follows nothing by itself. It serves tests only and knows no page.
package webtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/advisory/page"
	"fairlead/internal/auth"
	"fairlead/internal/auth/toll"
	"fairlead/internal/casework"
	"fairlead/internal/casework/filters"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/casework/watch"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/looks"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// Start is when the clock of every house stands first: a Tuesday morning within
// working hours, in Berlin and in Toronto.
var Start = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)

// Password is that of every member.
const Password = "seven-quiet-herons-at-dusk"

// House is everything that a page may need.
type House struct {
	T     testing.TB
	Dir   string
	Store store.Store
	Blobs *blob.Folder
	Vault *vault.Vault
	Auth  *auth.Auth
	Book  *rulebook.Book
	Desk  *casework.Desk
	Parts *parts.Inventory
	Box   *inbox.Box
	Mail  *mailroom.Room
	// Channels has the report form and a door smtp, whose tests land in Tests.
	Channels *channels.Board
	Tests    []string
	// Register is what is published, in CSAF, OSV and Markdown.
	Register *register.Register
	// Watch looks for changes when a test says so.
	Watch *watch.Board
	Site  *web.Site
	Mux   *http.ServeMux
	Log   *Log

	Lead, Member, Fixer, Officer, Auditor cvd.Actor

	mu  sync.Mutex
	now time.Time
}

// Log gathers what was logged.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is everything that was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// New builds a house that runs by one of the example policies; each door
// adds pages to its site. change may alter the site's configuration before it is
// built; it may be nil.
func New(t testing.TB, policyFile string, change func(*web.Config), doors ...func(*http.ServeMux, *web.Site) error) *House {
	t.Helper()
	ctx := context.Background()
	h := &House{T: t, Dir: t.TempDir(), now: Start, Mux: http.NewServeMux(), Log: &Log{}}
	var err error
	h.Store, err = sqlstore.OpenSQLite(ctx, filepath.Join(h.Dir, "fairlead.db"), sqlstore.Options{})
	h.must(err)
	t.Cleanup(func() { _ = h.Store.Close() })
	keys, err := seal.NewKeyring()
	h.must(err)
	h.Vault, err = vault.Open(ctx, h.Store, keys, h.now)
	h.must(err)
	h.Auth = auth.New(h.Store, h.Vault, auth.Options{Now: h.Now, DevFastHash: true})
	h.Book, err = rulebook.Open(ctx, rulebook.Config{Store: h.Store, Vault: h.Vault, Now: h.Now, Name: name})
	h.must(err)
	h.Blobs, err = blob.Dir(filepath.Join(h.Dir, "blobs"))
	blobs := h.Blobs
	h.must(err)
	log := slog.New(slog.NewTextHandler(h.Log, nil))
	h.Register = register.Open(register.Config{
		Store: h.Store, Vault: h.Vault, Now: h.Now, Formats: []advisory.Format{csaf.Format, osv.Format, page.Format},
		Publisher: func() advisory.Publisher { return advisorytest.Publisher },
	})
	h.Desk = casework.New(casework.Config{
		Register: h.Register, Lint: func(a *cvd.Advisory) []advisory.Finding { return advisory.Lint(a, advisorytest.Publisher) },
		Store: h.Store, Vault: h.Vault, Book: h.Book, Blobs: blobs, Team: h.Auth, Receipts: h.Auth,
		ReceiptKind: auth.RecordReceipt, Now: h.Now, Rand: rand.Reader, Log: log,
	})
	h.beside(log)
	book, err := words.Load()
	h.must(err)
	h.mails(book, blobs, log)
	if policyFile != "" {
		source, err := os.ReadFile(filepath.Join(root(t), "examples", "policies", policyFile))
		h.must(err)
		h.Publish(source)
	}
	cfg := web.Config{
		Work: toll.New(func(text string) string { return h.Vault.Blind("web/work", text) }, h.Now),
		Desk: h.Desk, Book: h.Book, Register: h.Register, Auth: h.Auth, Parts: h.Parts, Mail: h.Mail, Channels: h.Channels, Watch: h.Watch, Filters: filters.New(h.Store, h.Vault, h.Now), Unsent: unsent.New(h.Store, h.Vault, h.Now), Words: book, Log: log, Now: h.Now,
		BaseURL: func(r *http.Request) string { return "http://" + r.Host },
	}
	if change != nil {
		change(&cfg)
	}
	h.Site, err = web.New(cfg)
	h.must(err)
	web.Register(h.Mux, h.Site)
	for _, add := range doors {
		h.must(add(h.Mux, h.Site))
	}
	return h
}

// mails is what comes by mail.
func (h *House) mails(book *words.Book, blobs *blob.Folder, log *slog.Logger) {
	h.Box = inbox.Open(inbox.Config{Store: h.Store, Vault: h.Vault, Blobs: blobs, Now: h.Now, Rand: rand.Reader})
	h.Mail = mailroom.New(mailroom.Config{
		Desk: h.Desk, Box: h.Box, Book: h.Book, Reader: &mailroom.Reader{}, Words: book, Now: h.Now,
		Looks: &looks.Book{Store: h.Store, Vault: h.Vault, Log: log},
	})
	h.Channels = channels.New(channels.Config{
		Box: h.Box, Host: "security.example.org", Now: h.Now, Mark: func(text string) string { return h.Vault.Blind("probe", text) },
		Ways: []channels.Way{{Name: "web", Kind: "web", Server: true}, {Name: "smtp", Kind: "smtp", Send: func(_ context.Context, id string) error { h.Tests = append(h.Tests, id); return nil }}, {Name: "imap/old", Kind: "imap", Untestable: "channel.untestable.address"}},
	})
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

func name() (string, error) {
	var b [16]byte
	_, err := rand.Read(b[:])
	return hex.EncodeToString(b[:]), err
}

func (h *House) must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Now is what the house's clock shows.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass moves the clock and lets the house notice.
func (h *House) Pass(d time.Duration) {
	h.T.Helper()
	h.Ahead(d)
	_, err := h.Desk.Tick(context.Background())
	h.must(err)
	h.must(h.Book.Tick(context.Background()))
}

// Ahead moves the clock, and the house has not looked at it yet.
func (h *House) Ahead(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// beside builds what stands beside the cases, and the team.
func (h *House) beside(log *slog.Logger) {
	h.Watch = watch.New(watch.Config{Store: h.Store, Log: log, Every: time.Hour})
	h.T.Cleanup(h.Watch.Close)
	h.Parts = parts.New(parts.Config{Store: h.Store, Vault: h.Vault, Now: h.Now, Name: name})
	h.people()
}

func (h *House) people() {
	h.Lead = h.Add("Lena Lead", "lead@example.org", nil, cvd.RoleLead)
	h.Member = h.Add("Milo Member", "member@example.org", nil, cvd.RoleMember)
	h.Fixer = h.Add("Fia Fixer", "fixer@example.org", nil, cvd.RoleFixer)
	h.Officer = h.Add("Otto Officer", "officer@example.org", []string{"Privacy and Security Officer", "Chief Executive Officer"}, cvd.RoleOfficer)
	h.Auditor = h.Add("Ada Auditor", "auditor@example.org", nil, cvd.RoleAuditor)
}

// Add makes a member with the common password.
func (h *House) Add(name, email string, offices []string, roles ...cvd.Role) cvd.Actor {
	h.T.Helper()
	ctx := context.Background()
	m, err := h.Auth.AddMember(ctx, cvd.System, cvd.Member{Name: name, Email: email, Roles: roles, Offices: offices})
	h.must(err)
	a := cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
	code, err := h.Auth.NewLink(ctx, m.ID, time.Hour)
	h.must(err)
	s, err := h.Auth.UseLink(ctx, code)
	h.must(err)
	h.must(h.Auth.SetPassword(auth.InSession(ctx, s), a, "", Password))
	return a
}

// Publish brings a policy into effect, signed as it demands: by the officer for the first
// office, and for each other one by somebody else.
func (h *House) Publish(source []byte) {
	h.T.Helper()
	ctx := context.Background()
	v, err := h.Book.Publish(ctx, cvd.System, source)
	h.must(err)
	for _, want := range v.Missing() {
		by := h.Officer
		if v.Spent(by.ID, want.Office) {
			by.ID, by.Name = "m-"+want.Office, "Who is the "+want.Office
		}
		v, err = h.Book.Sign(ctx, by, v.Number, want.Office, want.Act, v.Digest, "")
		h.must(err)
	}
}

// Republish brings the policy in effect back with words replaced.
func (h *House) Republish(oldnew ...string) {
	h.T.Helper()
	h.Publish([]byte(strings.NewReplacer(oldnew...).Replace(string(h.Book.Current().Source))))
}

// Receive takes in a report of a stranger.
func (h *House) Receive(r cvd.Report) casework.Accepted {
	h.T.Helper()
	if r.Description == "" {
		r.Description = "Reading one byte past the end of the buffer crashes the server."
	}
	a, err := h.Desk.As(cvd.Stranger).Receive(context.Background(), casework.Submission{Report: &r, Channel: "web"})
	h.must(err)
	return a
}

// Do lets somebody do a verb to a case.
func (h *House) Do(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input) casework.Done {
	h.T.Helper()
	done, err := h.Desk.As(by).Do(context.Background(), id, verb, in)
	h.must(err)
	return done
}
