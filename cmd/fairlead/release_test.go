package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/store/storetest/hand"
)

// publicURL is where documents say that they lie; they are fetched from the process.
const publicURL = "https://security.example.com"

// going is an advisory on its way out.
type going struct {
	Case, Receipt string
	id            string // the advisory's
	draft         int64  // the event that holds its words
	verb          bool   // published by the verb, not by the clock
	acked         bool   // the verb was answered before the crash
}

// press is a house whose advisories go out while it is killed.
type press struct {
	t    *testing.T
	p    *process
	data string
	args []string
	out  []*going // of all rounds
}

func (s *press) start() {
	s.t.Helper()
	s.p = demo(s.t, s.args...)
}

// api asks as the lead, or with a receipt, and reads the answer into v.
func (s *press) api(method, path, authorization string, in, v any) (int, error) {
	s.t.Helper()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			s.t.Fatal(err)
		}
	}
	if authorization == "" {
		authorization = "Bearer " + s.p.Token
	}
	status, b, err := request(method, s.p.URL+path, authorization, "application/json", &body)
	if err == nil && v != nil && status < 300 {
		err = json.Unmarshal(b, v)
	}
	return status, err
}

func (s *press) must(method, path, authorization string, in, v any) {
	s.t.Helper()
	if status, err := s.api(method, path, authorization, in, v); err != nil || status >= 300 {
		s.t.Fatalf("%s %s: %d %v", method, path, status, err)
	}
}

type object = map[string]any

// ready is a case whose advisory may go out: by the clock, or by hand since the flaw is
// known already.
func (s *press) ready(n int) *going {
	s.t.Helper()
	g := &going{verb: n%3 == 2}
	s.must("POST", "/api/v1/reports", "", object{
		"title": fmt.Sprintf("Flaw %d", len(s.out)), "description": "It goes wrong here.", "product": "Northlake Gateway", "version": "5.2",
		"reporter": object{"name": "Rea Finder", "email": "rea@example.net", "credit": "name"},
	}, g)
	path := "/api/v1/cases/" + g.Case
	s.must("POST", path+"/validate", "", object{"text": "It is so."}, nil)
	s.must("POST", path+"/accept", "", object{}, nil)
	s.must("POST", path+"/fix-ready", "", object{"text": "There is a fix."}, nil)
	var d struct {
		Seq     int64
		Record  json.RawMessage
		Release struct{ Advisory string }
	}
	s.must("GET", path+"/advisory", "", nil, &d)
	s.must("POST", path+"/advise", "", object{"advisory": d.Record, "seq": d.Seq}, nil)
	s.must("GET", path+"/advisory", "", nil, &d)
	g.id, g.draft = d.Release.Advisory, d.Seq
	if g.verb {
		s.must("POST", path+"/public", "", object{"text": "It stands in a forum."}, nil)
	}
	s.out = append(s.out, g)
	return g
}

// publish sends the verb; an error means that no answer came.
func (s *press) publish(g *going) (int, error) {
	return s.api("POST", "/api/v1/cases/"+g.Case+"/publish", "", object{"seq": g.draft}, nil)
}

// killed lets the instant of some releases come, and ends the process at one of the
// moments after it at which the database's log was written to.
func (s *press) killed() {
	s.t.Helper()
	var batch []*going
	for n := range 6 {
		batch = append(batch, s.ready(n))
	}
	due := time.Now().Add(700 * time.Millisecond) // all are scheduled by then
	for _, g := range batch {
		if !g.verb {
			s.must("POST", "/api/v1/cases/"+g.Case+"/schedule", "", object{"seq": g.draft, "until": due, "text": "Now."}, nil)
		}
	}
	until(func() bool { return !time.Now().Before(due) })
	at, spin := 1+rand.IntN(1<<rand.IntN(10)), rand.IntN(2000)
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		for _, g := range batch {
			if !g.verb {
				continue
			}
			status, err := s.publish(g)
			if g.acked = err == nil; g.acked && status != http.StatusOK {
				s.t.Errorf("publish is answered with %d", status)
			}
		}
	}()
	seen := s.written(at)
	for range spin { // somewhere before the next write, or in it
		_, _ = os.Stat(s.data)
	}
	s.p.crash()
	<-acted
	s.t.Logf("killed at write %d after the instant: %d of %d were out", seen, s.published()-len(s.out)+len(batch), len(batch))
}

// written waits until the log was seen to change so many times, or two turns of the
// clock went by in which it did not: then everything is out. It returns how often.
func (s *press) written(times int) (seen int) {
	s.t.Helper()
	look := func() string {
		st, err := os.Stat(filepath.Join(s.data, "fairlead.db-wal"))
		if err != nil {
			return "none"
		}
		return fmt.Sprint(st.Size(), st.ModTime().UnixNano())
	}
	was := look()
	for quiet := time.Now().Add(2 * time.Second); seen < times && time.Now().Before(quiet); {
		if now := look(); now != was {
			was, quiet = now, time.Now().Add(2*time.Second)
			seen++
		}
	}
	if seen == 0 {
		s.t.Error("the database was not written to")
	}
	return seen
}

// published counts the revisions that the dead process left, on a copy.
func (s *press) published() int {
	s.t.Helper()
	dir := s.t.TempDir()
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(s.data, "fairlead.db"+end))
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "copy.db"+end), b, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return hand.Count(s.t, filepath.Join(dir, "copy.db"), "SELECT count(*) FROM events WHERE stream = '@advisories'")
}

// released are the numbers of the case's events that published something.
func (s *press) released(g *going) (seqs []int64, revision int) {
	s.t.Helper()
	var c struct {
		Release struct{ Revision int }
		History []struct {
			Seq  int64
			Type string
		}
	}
	s.must("GET", "/api/v1/cases/"+g.Case, "", nil, &c)
	for _, ev := range c.History {
		switch ev.Type {
		case "advisory-released":
			seqs = append(seqs, ev.Seq)
		case "release-held":
			s.t.Errorf("%s: the release was held", g.Case)
		}
	}
	return seqs, c.Release.Revision
}

// settled is after a restart: what was answered is out, what was not answered is out
// everywhere or nowhere and can be sent again, and the clock goes on by itself.
func (s *press) settled() {
	s.t.Helper()
	for _, g := range s.out {
		if !g.verb {
			continue
		}
		seqs, _ := s.released(g)
		if g.acked && len(seqs) != 1 {
			s.t.Errorf("%s: publish was answered, and the history says it %d times", g.Case, len(seqs))
		}
		if len(seqs) > 0 {
			continue
		}
		for _, path := range []string{"/advisories/" + g.id, "/advisories/" + g.id + "/csaf.json", "/osv/x_" + g.id + ".json", g.csaf("")} {
			if status, _, err := request(http.MethodGet, s.p.URL+path, "", "", nil); err != nil || status != http.StatusNotFound {
				s.t.Errorf("%s is not published, and %s answers %d %v", g.id, path, status, err)
			}
		}
		if status, err := s.publish(g); err != nil || status != http.StatusOK {
			s.t.Errorf("%s: sent again, publish is answered with %d %v", g.Case, status, err)
		}
	}
	for _, g := range s.out {
		if !until(func() bool { seqs, _ := s.released(g); return len(seqs) > 0 }) {
			s.t.Errorf("%s was not released by the next turn", g.Case)
		}
	}
}

// csaf is where the document of the advisory lies, and what is beside it.
func (g *going) csaf(beside string) string {
	return fmt.Sprintf("/.well-known/csaf/white/%d/%s.json%s", time.Now().UTC().Year(), strings.ToLower(g.id), beside)
}

// shelves count how often each advisory stands in each list for the public.
func (s *press) shelves() map[string]map[string]int {
	s.t.Helper()
	lists := map[string]map[string]int{}
	add := func(list, id string) {
		if lists[list] == nil {
			lists[list] = map[string]int{}
		}
		lists[list][strings.TrimPrefix(filepath.Base(id), "x_")]++
	}
	var rolie struct {
		Feed struct{ Entry []struct{ ID string } }
	}
	s.must("GET", "/.well-known/csaf/white/csaf-feed-tlp-white.json", "", nil, &rolie)
	for _, e := range rolie.Feed.Entry {
		if !strings.HasSuffix(e.ID, "-VEX") {
			add("ROLIE feed", e.ID)
		}
	}
	var osv struct{ Advisories []struct{ ID string } }
	s.must("GET", "/osv/index.json", "", nil, &osv)
	for _, e := range osv.Advisories {
		add("OSV index", e.ID)
	}
	var feed struct{ Items []struct{ ID string } }
	s.must("GET", "/advisories/feed.json", "", nil, &feed)
	for _, e := range feed.Items {
		add("JSON feed", e.ID)
	}
	b := get(s.t, s.p.URL+"/osv/all.zip", "")
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range z.File {
		add("OSV archive", strings.TrimSuffix(f.Name, ".json"))
	}
	return lists
}

// once checks that every advisory is published exactly once, everywhere, whole.
func (s *press) once() {
	s.t.Helper()
	lists := s.shelves()
	for name, list := range lists {
		if len(list) != len(s.out) {
			s.t.Errorf("the %s names %d of %d", name, len(list), len(s.out))
		}
		for _, g := range s.out {
			if list[g.id] != 1 {
				s.t.Errorf("the %s names %s %d times", name, g.id, list[g.id])
			}
		}
	}
	for _, g := range s.out {
		seqs, revision := s.released(g)
		if len(seqs) != 1 || revision != 1 {
			s.t.Errorf("%s: released by %v, revision %d", g.Case, seqs, revision)
			continue
		}
		s.whole(g)
		var thread struct{ Messages []struct{ Kind string } }
		s.must("GET", "/api/v1/thread", "Receipt "+g.Receipt, nil, &thread)
		heard := 0
		for _, m := range thread.Messages {
			if m.Kind == "advisory-released" {
				heard++
			}
		}
		told := hand.Count(s.t, filepath.Join(s.data, "fairlead.db"), "SELECT count(*) FROM effects WHERE case_id = $1 AND seq = $2 AND kind = 'notify-reporter'", g.Case, seqs[0])
		if heard != 1 || told != 1 {
			s.t.Errorf("%s: its thread says so %d times, its notices are %d", g.Case, heard, told)
		}
		if list := get(s.t, s.p.URL+"/advisories?q="+g.id, ""); strings.Count(string(list), `href="/advisories/`+g.id+`"`) != 1 {
			s.t.Errorf("%s does not stand once in the list for people", g.id)
		}
	}
}

// whole checks that the documents of an advisory and what lies beside them agree.
func (s *press) whole(g *going) {
	s.t.Helper()
	doc := get(s.t, s.p.URL+g.csaf(""), "")
	var csaf struct {
		Document struct {
			Tracking struct {
				ID, Version string
				Current     time.Time `json:"current_release_date"`
			}
		}
	}
	if err := json.Unmarshal(doc, &csaf); err != nil || csaf.Document.Tracking.ID != g.id || csaf.Document.Tracking.Version != "1" {
		s.t.Errorf("the document of %s says %+v %v", g.id, csaf.Document.Tracking, err)
	}
	if !bytes.Equal(doc, get(s.t, s.p.URL+"/advisories/"+g.id+"/csaf.json", "")) {
		s.t.Errorf("%s is another document beside its page", g.id)
	}
	short, long := sha256.Sum256(doc), sha512.Sum512(doc)
	for beside, sum := range map[string]string{".sha256": hex.EncodeToString(short[:]), ".sha512": hex.EncodeToString(long[:])} {
		if file := get(s.t, s.p.URL+g.csaf(beside), ""); !strings.HasPrefix(string(file), sum+" ") {
			s.t.Errorf("%s: %s does not match", g.id, beside)
		}
	}
	if !bytes.Contains(get(s.t, s.p.URL+g.csaf(".asc"), ""), []byte("BEGIN PGP SIGNATURE")) {
		s.t.Errorf("%s is not signed", g.id)
	}
	_ = get(s.t, s.p.URL+"/advisories/"+g.id, "")
	var osv struct{ Published time.Time }
	s.must("GET", "/osv/x_"+g.id+".json", "", nil, &osv)
	if !osv.Published.Equal(csaf.Document.Tracking.Current) {
		s.t.Errorf("%s was published at %s, and at %s", g.id, osv.Published, csaf.Document.Tracking.Current)
	}
}

// TestKilledWhilePublishing kills the server at one step or another of several
// releases, by the clock and by hand, and finds each advisory published exactly once
// everywhere afterwards. The rounds share one data folder.
func TestKilledWhilePublishing(t *testing.T) {
	terms, err := os.ReadFile(example(t, "signed-policy"))
	if err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, append([]byte("public_url: "+publicURL+"\n"), terms...), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &press{data: filepath.Join(t.TempDir(), "data")}
	s.args = []string{"--empty", "--unlimited", "--data", s.data, "--policy", policy}
	for round := range 10 {
		t.Run(fmt.Sprint("round ", round+1), func(t *testing.T) {
			if round > 1 {
				long(t)
			}
			s.t = t
			s.start()
			s.killed()
			s.start()
			s.settled()
			s.once()
			if round%2 == 1 { // and again after a restart
				s.p.crash()
				s.start()
				s.once()
			}
			s.p.crash()
		})
	}
	out, err := exec.Command("fairlead", "ledger", "verify", "--data", s.data).CombinedOutput()
	if err != nil || !strings.Contains(string(out), fmt.Sprintf("revisions of advisories: %d;", len(s.out))) {
		t.Errorf("ledger verify: %v %s", err, out)
	}
}
