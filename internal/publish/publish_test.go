package publish_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/publish"
	"fairlead/internal/register"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault/vaulttest"
	"fairlead/internal/words"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var ctx = context.Background()

// stand is the door over a register of its own.
type stand struct {
	t    *testing.T
	reg  *register.Register
	auth *auth.Auth
	mux  *http.ServeMux
	mu   sync.Mutex
	now  time.Time
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, now: advisorytest.Now, mux: http.NewServeMux()}
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, s.now)
	by := func() advisory.Publisher { return advisorytest.Publisher }
	s.reg = register.Open(register.Config{
		Store: st, Vault: v, Now: s.clock, Formats: []advisory.Format{csaf.Format, csaf.VEX, osv.Format}, Publisher: by,
		Sign: func(b []byte, _ time.Time) ([]byte, error) {
			return fmt.Appendf(nil, "signature over %d bytes\n", len(b)), nil
		},
	})
	s.auth = auth.New(st, v, auth.Options{Now: s.clock, Unlimited: true})
	book, err := words.Load()
	must(t, err)
	must(t, publish.Register(s.mux, publish.Config{
		Register: s.reg, Auth: s.auth, Words: book, Now: s.clock, Publisher: by,
		Keys: func(context.Context) ([]publish.Key, error) {
			return []publish.Key{{Fingerprint: strings.Repeat("A1", 20), Armored: []byte("a key\n")}}, nil
		},
		Since: func() time.Time { return advisorytest.Now.AddDate(0, -1, 0) },
		From:  func(*http.Request) string { return "192.0.2.1" },
	}))
	return s
}

func (s *stand) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stand) later(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(by)
}

// record is the example under another id and label, published now.
func (s *stand) record(id cvd.AdvisoryID, label cvd.TLP) *cvd.Advisory {
	a := advisorytest.Example()
	now := s.clock()
	a.ID, a.TLP, a.Revision, a.Published, a.Modified = id, label, 1, now, now
	a.Vulnerabilities[0].CVE, a.Aliases = "", nil
	a.History = []cvd.AdvisoryChange{{Revision: 1, At: now, Text: "First published."}}
	return a
}

func (s *stand) publish(recs ...*cvd.Advisory) {
	s.t.Helper()
	must(s.t, s.reg.Publish(ctx, recs...))
	s.later(time.Minute)
}

func (s *stand) revise(a *cvd.Advisory, change func(b *cvd.Advisory)) *cvd.Advisory {
	s.t.Helper()
	b := a.Clone()
	b.Revision++
	b.Modified = s.clock()
	b.History = append(b.History, cvd.AdvisoryChange{Revision: b.Revision, At: b.Modified, Text: "Again."})
	change(b)
	s.publish(b)
	return b
}

// token is a token of a member with the role.
func (s *stand) token(role cvd.Role) string {
	s.t.Helper()
	m, err := s.auth.AddMember(ctx, cvd.System, cvd.Member{Name: string(role), Email: string(role) + "@example.org", Roles: []cvd.Role{role}})
	must(s.t, err)
	secret, _, err := s.auth.CreateToken(ctx, cvd.System, auth.Token{Name: "reads", Member: m.ID, Machine: true})
	must(s.t, err)
	return secret
}

func (s *stand) ask(method, path string, headers ...string) *http.Response {
	s.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w.Result()
}

func (s *stand) get(path string, want int, headers ...string) []byte {
	s.t.Helper()
	res := s.ask(http.MethodGet, path, headers...)
	b, err := io.ReadAll(res.Body)
	must(s.t, err)
	if res.StatusCode != want {
		s.t.Fatalf("%s answers %d, want %d: %s", path, res.StatusCode, want, b)
	}
	return b
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

const root = "/.well-known/csaf/"

// local is the path of an address below the base.
func local(t *testing.T, url string) string {
	t.Helper()
	path, ok := strings.CutPrefix(url, advisorytest.Publisher.Base)
	if !ok {
		t.Fatalf("%s is not ours", url)
	}
	return path
}

type feed struct {
	Feed struct {
		Updated time.Time `json:"updated"`
		Entry   []struct {
			ID   string `json:"id"`
			Link []struct {
				Rel  string `json:"rel"`
				Href string `json:"href"`
			} `json:"link"`
			Content struct {
				Src string `json:"src"`
			} `json:"content"`
			Updated time.Time `json:"updated"`
		} `json:"entry"`
	} `json:"feed"`
}

func (s *stand) feed(path string, headers ...string) feed {
	s.t.Helper()
	var f feed
	must(s.t, json.Unmarshal(s.get(path, 200, headers...), &f))
	return f
}

// Everything that a feed names is served, with hashes that are right, and the
// documents say the same of themselves.
func TestFeedNamesWhatIsServed(t *testing.T) {
	s := newStand(t)
	one := s.record("EX-2026-ONE", cvd.TLPClear)
	s.publish(one, s.record("EX 2026:two", cvd.TLPClear), s.record("EX-2026-GREEN", cvd.TLPGreen))
	s.publish(advisorytest.Translate(advisorytest.Translate(s.record("EX-2026-MANY", cvd.TLPClear), "de"), "pt-BR"))
	s.revise(one, func(b *cvd.Advisory) { b.Title = "Another title" })
	for path, want := range map[string]string{
		root + "white/csaf-feed-tlp-white.json": "EX-2026-ONE EX-2026-ONE-VEX EX 2026:two EX 2026:two-VEX EX-2026-MANY EX-2026-MANY-de EX-2026-MANY-pt-BR EX-2026-MANY-VEX",
		root + "green/csaf-feed-tlp-green.json": "EX-2026-GREEN EX-2026-GREEN-VEX",
	} {
		var ids []string
		for _, e := range s.feed(path).Feed.Entry {
			ids = append(ids, e.ID)
			doc := s.get(local(t, e.Content.Src), 200)
			var d struct {
				Document struct {
					Tracking struct {
						ID      string    `json:"id"`
						Current time.Time `json:"current_release_date"`
					} `json:"tracking"`
				} `json:"document"`
			}
			must(t, json.Unmarshal(doc, &d))
			if d.Document.Tracking.ID != e.ID || !d.Document.Tracking.Current.Equal(e.Updated) {
				t.Errorf("%s, %s in the feed is %+v", e.ID, e.Updated, d.Document.Tracking)
			}
			if !bytes.Contains(doc, []byte(e.Content.Src)) {
				t.Errorf("%s does not know its own address", e.ID)
			}
			rels := ""
			for _, l := range e.Link {
				rels += l.Rel + " "
				b := s.get(local(t, l.Href), 200)
				switch l.Rel {
				case "self":
					if l.Href != e.Content.Src {
						t.Errorf("self is %s", l.Href)
					}
				case "signature":
					if string(b) != fmt.Sprintf("signature over %d bytes\n", len(doc)) {
						t.Errorf("signature %s", b)
					}
				case "hash":
					if fields := strings.Fields(string(b)); len(fields) != 2 || fields[0] != sumOf(l.Href, doc) || !strings.HasSuffix(e.Content.Src, "/"+fields[1]) {
						t.Errorf("%s holds %s", l.Href, b)
					}
				}
			}
			if rels != "self hash hash signature " {
				t.Errorf("links %s", rels)
			}
		}
		if got := strings.Join(ids, " "); got != want && !sameWords(got, want) {
			t.Errorf("%s names %s, want %s", path, got, want)
		}
	}
}

// A revision without a translation that the one before it had leaves no document of it.
func TestATranslationThatIsTakenBack(t *testing.T) {
	s := newStand(t)
	one := advisorytest.Translate(s.record("EX-2026-ONE", cvd.TLPClear), "de")
	s.publish(one)
	address := root + "white/" + fmt.Sprint(one.Published.Year()) + "/ex-2026-one-de.json"
	if b := s.get(address, 200); !bytes.Contains(b, []byte(`"lang": "de"`)) {
		t.Errorf("%s", b)
	}
	s.get("/advisories/EX-2026-ONE/csaf/de.json", 200)
	s.get("/advisories/EX-2026-ONE/csaf/fr.json", 404)
	s.revise(one, func(b *cvd.Advisory) { b.Texts = nil })
	s.get(address, 404)
	s.get("/advisories/EX-2026-ONE/csaf/de.json", 404)
}

// schema is one of the schemas that CSAF's documents around advisories follow.
func schema(t *testing.T, name string) func(doc []byte) error {
	t.Helper()
	dir := advisorytest.Shared(t, "gocsaf", "csaf", "schema")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for url, file := range map[string]string{
		"https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json": "csaf_json_schema.json",
		"https://www.first.org/cvss/cvss-v2.0.json":                        "cvss-v2.0.json",
		"https://www.first.org/cvss/cvss-v3.0.json":                        "cvss-v3.0.json",
		"https://www.first.org/cvss/cvss-v3.1.json":                        "cvss-v3.1.json",
	} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		must(t, err)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		must(t, err)
		must(t, c.AddResource(url, v))
	}
	s, err := c.Compile(filepath.Join(dir, name+"_json_schema.json"))
	must(t, err)
	return func(doc []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		must(t, err)
		return s.Validate(v)
	}
}

func TestDocumentsKeepTheStandard(t *testing.T) {
	s := newStand(t)
	schema := map[string]func([]byte) error{"provider": schema(t, "provider"), "rolie": schema(t, "ROLIE_feed")}
	for _, when := range []string{"empty", "filled"} {
		must(t, schema["provider"](s.get(root+"provider-metadata.json", 200)))
		must(t, schema["rolie"](s.get(root+"white/csaf-feed-tlp-white.json", 200)))
		if when == "empty" {
			s.publish(s.record("EX-2026-ONE", cvd.TLPClear), s.record("EX-2026-AMBER", cvd.TLPAmberStrict))
		}
	}
	token := bearer(s.token(cvd.RoleReader))
	must(t, schema["provider"](s.get(root+"provider-metadata.json", 200, token...)))
	must(t, schema["rolie"](s.get(root+"amber/csaf-feed-tlp-amber.json", 200, token...)))
}

// The folder itself says where to begin, and names no document.
func TestTheFolderSaysWhereToBegin(t *testing.T) {
	s := newStand(t)
	s.publish(s.record("EX-2026-ONE", cvd.TLPClear), s.record("EX-2026-AMBER", cvd.TLPAmber))
	open := string(s.get(root, 200))
	for _, want := range []string{root + `provider-metadata.json"`, root + `service.json"`, root + `white/csaf-feed-tlp-white.json"`} {
		if !strings.Contains(open, want) {
			t.Errorf("%s is not in %s", want, open)
		}
	}
	if strings.Contains(strings.ToLower(open), "ex-2026") || strings.Contains(open, "amber") {
		t.Errorf("it lists too much: %s", open)
	}
	if closed := string(s.get(root, 200, bearer(s.token(cvd.RoleReader))...)); !strings.Contains(closed, "/amber/") {
		t.Errorf("a reader's feed is missing: %s", closed)
	}
}

// What is for a few leaves no trace for everybody else: each address answers
// before and after it was published alike, byte for byte and header for header.
func TestAmberLeavesNoTrace(t *testing.T) {
	s := newStand(t)
	s.publish(s.record("EX-2026-ONE", cvd.TLPClear))
	paths := []string{
		root + "provider-metadata.json", root + "service.json", root + "white/csaf-feed-tlp-white.json", root + "white/category-white.json",
		root + "green/csaf-feed-tlp-green.json", root + "amber/csaf-feed-tlp-amber.json", root + "red/csaf-feed-tlp-red.json",
		root + "amber/2026/ex-2026-amber.json", root + "white/2026/ex-2026-amber.json", root + "red/2026/ex-2026-red.json.asc", root + "amber/nothing",
		"/osv/", "/osv/index.json", "/osv/all.zip", "/osv/Go/all.zip", "/osv/x_EX-2026-AMBER.json", "/osv/EX-2026-AMBER.json",
		"/advisories/feed.atom", "/advisories/feed.json", "/advisories/EX-2026-AMBER/csaf.json", "/advisories/EX-2026-RED/osv.json.sha256",
	}
	look := func() map[string]string {
		out := map[string]string{}
		for _, path := range paths {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				res := s.ask(method, path)
				b, err := io.ReadAll(res.Body)
				must(t, err)
				out[method+" "+path] = fmt.Sprint(res.StatusCode, res.Header, string(b))
			}
		}
		return out
	}
	before := look()
	amber, red := s.record("EX-2026-AMBER", cvd.TLPAmber), s.record("EX-2026-RED", cvd.TLPRed)
	s.publish(amber, red)
	for what, was := range before {
		if now := look()[what]; now != was {
			t.Errorf("%s was %s and is %s", what, was, now)
		}
	}
	for path, want := range map[string]int{
		root + "amber/csaf-feed-tlp-amber.json": 401, root + "amber/2026/none.json": 401, root + "red/x": 401, root + "purple/x": 404,
		"/advisories/EX-2026-AMBER/csaf.json": 404, "/advisories/EX-2026-NONE/csaf.json": 404,
	} {
		s.get(path, want)
	}
	for role, want := range map[cvd.Role]string{
		cvd.RoleReader: "200 200 401 200 404", cvd.RoleMember: "200 200 200 200 200", cvd.RoleFixer: "401 401 401 404 404",
	} {
		token := bearer(s.token(role))
		got := ""
		for _, path := range []string{
			root + "amber/csaf-feed-tlp-amber.json", root + "amber/2026/ex-2026-amber.json.asc", root + "red/2026/ex-2026-red.json",
			"/advisories/EX-2026-AMBER/csaf.json", "/advisories/EX-2026-RED/csaf.json",
		} {
			got += fmt.Sprint(s.ask(http.MethodGet, path, token...).StatusCode) + " "
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("a %s gets %s, want %s", role, got, want)
		}
		text := string(s.get(root+"provider-metadata.json", 200, token...))
		if strings.Contains(text, "AMBER") != strings.HasPrefix(want, "200") || strings.Contains(text, "RED") != (role == cvd.RoleMember) {
			t.Errorf("a %s is told %s", role, text)
		}
	}
	res := s.ask(http.MethodGet, root+"amber/csaf-feed-tlp-amber.json", bearer("fl_wrong")...)
	if res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a wrong token gets %d", res.StatusCode)
	}
	res = s.ask(http.MethodGet, root+"amber/csaf-feed-tlp-amber.json", bearer(s.token(cvd.RoleAuditor))...)
	if res.Header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(res.Header.Get("Cache-Control"), "private") {
		t.Errorf("what is for a few is for every site: %v", res.Header)
	}
}

// A revision that is for a few is at once out of what is for everybody.
func TestALabelThatChanges(t *testing.T) {
	s := newStand(t)
	a := s.record("EX-2026-ONE", cvd.TLPAmber)
	s.publish(a)
	a = s.revise(a, func(b *cvd.Advisory) { b.TLP = cvd.TLPClear })
	s.get(root+"white/2026/ex-2026-one.json", 200)
	s.get("/osv/x_EX-2026-ONE.json", 200)
	s.revise(a, func(b *cvd.Advisory) { b.TLP = cvd.TLPRed })
	for _, path := range []string{root + "white/2026/ex-2026-one.json", "/osv/x_EX-2026-ONE.json", "/osv/Go/all.zip", "/advisories/EX-2026-ONE/csaf.json"} {
		s.get(path, 404)
	}
	if n := len(s.feed(root + "white/csaf-feed-tlp-white.json").Feed.Entry); n != 0 {
		t.Errorf("the feed still names %d", n)
	}
}

func TestCaching(t *testing.T) {
	s := newStand(t)
	s.publish(s.record("EX-2026-ONE", cvd.TLPClear))
	for _, path := range []string{
		root + "provider-metadata.json", root + "service.json", root + "white/csaf-feed-tlp-white.json", root + "white/category-white.json",
		root + "white/2026/ex-2026-one.json", root + "white/2026/ex-2026-one.json.sha256", root + "white/2026/ex-2026-one.json.asc",
		root + "openpgp/" + strings.Repeat("A1", 20) + ".asc",
		"/osv/", "/osv/index.json", "/osv/all.zip", "/osv/Go/all.zip", "/osv/x_EX-2026-ONE.json", "/osv/x_EX-2026-ONE.json.sha512",
		"/advisories/feed.atom", "/advisories/feed.json", "/advisories/EX-2026-ONE/csaf.json", "/advisories/EX-2026-ONE/csaf-vex.json", "/advisories/EX-2026-ONE/osv.json",
	} {
		res := s.ask(http.MethodGet, path)
		h := res.Header
		if res.StatusCode != 200 || h.Get("ETag") == "" || h.Get("Cache-Control") != "public, no-cache" || h.Get("Access-Control-Allow-Origin") != "*" ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") == "" || len(h["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", path, res.StatusCode, h)
		}
		if !strings.Contains(path, "openpgp") && h.Get("Last-Modified") == "" {
			t.Errorf("%s has no instant", path)
		}
		if res := s.ask(http.MethodGet, path, "If-None-Match", h.Get("ETag")); res.StatusCode != 304 {
			t.Errorf("%s with its ETag: %d", path, res.StatusCode)
		}
		if res := s.ask(http.MethodGet, path, "Accept-Encoding", "gzip", "If-None-Match", `"other"`); res.StatusCode != 200 {
			t.Errorf("%s with another ETag: %d", path, res.StatusCode)
		}
		head := s.ask(http.MethodHead, path)
		if b, _ := io.ReadAll(head.Body); head.StatusCode != 200 || len(b) > 0 || head.Header.Get("ETag") != h.Get("ETag") {
			t.Errorf("HEAD %s: %d, %d bytes", path, head.StatusCode, len(b))
		}
	}
	for _, path := range []string{
		"/.well-known/csaf", root + "white/", root + "white/2026/", root + "index.txt", root + "white/2025/ex-2026-one.json",
		root + "white/2026/EX-2026-ONE.json", root + "openpgp/none.asc", "/osv", "/osv/none.json", "/osv/Perl/all.zip", "/osv/Go/index.json",
		"/advisories/EX-2026-ONE/", "/advisories/EX-2026-ONE/csaf", "/advisories/EX-2026-ONE/osv.json.md5",
	} {
		if res := s.ask(http.MethodGet, path); res.StatusCode != 404 || res.Header.Get("Location") != "" {
			t.Errorf("%s answers %d", path, res.StatusCode)
		}
	}
}

// Within the second in which something changed, its instant tells nothing.
func TestAnInstantIsNotToldTooEarly(t *testing.T) {
	s := newStand(t)
	a := s.record("EX-2026-ONE", cvd.TLPClear)
	must(t, s.reg.Publish(ctx, a))
	if h := s.ask(http.MethodGet, root+"white/2026/ex-2026-one.json").Header; h.Get("Last-Modified") != "" {
		t.Errorf("told at once: %s", h.Get("Last-Modified"))
	}
	s.later(time.Second)
	if h := s.ask(http.MethodGet, root+"white/2026/ex-2026-one.json").Header; h.Get("Last-Modified") == "" {
		t.Error("never told")
	}
}

func TestFeedsForReaders(t *testing.T) {
	s := newStand(t)
	a := s.record("EX-2026-ONE", cvd.TLPClear)
	a.Title = "<b>&</b>"
	s.publish(a, s.record("EX-2026-AMBER", cvd.TLPAmber))
	for i := range 101 {
		s.publish(s.record(cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%03d", i)), cvd.TLPClear))
	}
	s.revise(a, func(b *cvd.Advisory) { b.Withdrawn, b.Why = b.Modified, "It was none." })
	var atom struct {
		ID      string `xml:"id"`
		Entries []struct {
			ID    string `xml:"id"`
			Title string `xml:"title"`
		} `xml:"entry"`
	}
	must(t, xml.Unmarshal(s.get("/advisories/feed.atom", 200), &atom))
	if len(atom.Entries) != 100 || atom.Entries[0].Title != "Withdrawn: <b>&</b>" || atom.Entries[0].ID != advisorytest.Publisher.Base+"/advisories/EX-2026-ONE" {
		t.Errorf("%d entries, first %+v", len(atom.Entries), atom.Entries[0])
	}
	var feed struct {
		Version string `json:"version"`
		Items   []struct {
			ID, URL, Title string
			Text           string `json:"content_text"`
		} `json:"items"`
	}
	must(t, json.Unmarshal(s.get("/advisories/feed.json", 200), &feed))
	if feed.Version != "https://jsonfeed.org/version/1.1" || len(feed.Items) != 100 || feed.Items[0].Title != atom.Entries[0].Title || feed.Items[0].Text == "" {
		t.Errorf("%s, %d items", feed.Version, len(feed.Items))
	}
}

// While somebody publishes, no reader sees a feed that names what is not served.
func TestReadersNeverSeeHalf(t *testing.T) {
	s := newStand(t)
	s.publish(s.record("EX-2026-FIRST", cvd.TLPClear))
	stop, wg := make(chan struct{}), sync.WaitGroup{}
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				w := httptest.NewRecorder()
				s.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, root+"white/csaf-feed-tlp-white.json", nil))
				var f feed
				if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
					t.Error(err)
					return
				}
				for _, e := range f.Feed.Entry[:min(4, len(f.Feed.Entry))] {
					w := httptest.NewRecorder()
					s.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(e.Content.Src, advisorytest.Publisher.Base), nil))
					if w.Code != 200 {
						t.Errorf("%s is named and answers %d", e.ID, w.Code)
						return
					}
				}
			}
		})
	}
	for i := range 25 {
		if err := s.reg.Publish(ctx, s.record(cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%d", i)), cvd.TLPClear)); err != nil {
			t.Error(err)
		}
		if w := s.ask(http.MethodGet, fmt.Sprintf("/osv/x_EX-2026-N%d.json", i)); w.StatusCode != 200 {
			t.Errorf("published, and yet %d", w.StatusCode)
		}
	}
	close(stop)
	wg.Wait()
}

func TestConfigurationIsWhole(t *testing.T) {
	if err := publish.Register(http.NewServeMux(), publish.Config{}); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("an empty configuration: %v", err)
	}
}

// A title that steers a terminal or turns a line around does neither in a feed.
func TestFeedsAreVisible(t *testing.T) {
	s := newStand(t)
	a := s.record("EX-2026-ONE", cvd.TLPClear)
	a.Title = "A \x1b[31m\u202etitle"
	s.publish(a)
	for _, path := range []string{"/advisories/feed.atom", "/advisories/feed.json"} {
		if got := string(s.get(path, 200)); !strings.Contains(got, "A [31mtitle") {
			t.Errorf("%s: %s", path, got)
		}
	}
}
