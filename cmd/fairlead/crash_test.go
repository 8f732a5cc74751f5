package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sent is one report of the load and what was answered to it.
type sent struct {
	key, body     string
	Case, Receipt string // empty: no answer came
	file          []byte // acknowledged with the report's case
	fileID        string
}

// load is 16 reporters who send until the server is gone.
type load struct {
	mu    sync.Mutex
	acks  int
	all   []*sent
	crash func()
	at    int // crash at this many acknowledgements
	once  sync.Once
}

func (l *load) acknowledged() {
	l.mu.Lock()
	l.acks++
	now := l.acks >= l.at
	l.mu.Unlock()
	if now {
		go l.once.Do(l.crash)
	}
}

// post sends one report; false means that the server is gone.
func (s *sent) post(url string) (bool, error) {
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/reports", strings.NewReader(s.body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", s.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, nil
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return false, fmt.Errorf("a report was answered with %d", res.StatusCode)
	}
	var a struct{ Case, Receipt string }
	if json.NewDecoder(res.Body).Decode(&a) != nil {
		return false, nil // cut short: not an acknowledgement
	}
	s.Case, s.Receipt = a.Case, a.Receipt
	return true, nil
}

// attach sends a file to the report's thread; an answer counts only when whole.
func (s *sent) attach(url string, file []byte) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "evidence.bin")
	if err != nil {
		return err
	}
	if _, err := part.Write(file); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	status, body, err := request(http.MethodPost, url+"/api/v1/thread/attachments", "Receipt "+s.Receipt, w.FormDataContentType(), &b)
	if err != nil {
		return nil
	}
	var a struct{ ID string }
	if status != http.StatusCreated || json.Unmarshal(body, &a) != nil {
		return fmt.Errorf("a file was answered with %d: %s", status, body)
	}
	s.file, s.fileID = file, a.ID
	return nil
}

func (l *load) client(url string, round, who int) error {
	for i := 0; ; i++ {
		s := &sent{
			key:  fmt.Sprintf("round-%d-client-%d-report-%d", round, who, i),
			body: fmt.Sprintf(`{"description":"Report %d of client %d in round %d. %s"}`, i, who, round, strings.Repeat("It goes wrong here. ", 20)),
		}
		l.mu.Lock()
		l.all = append(l.all, s)
		l.mu.Unlock()
		ok, err := s.post(url)
		if err != nil || !ok {
			return err
		}
		l.acknowledged()
		if who == 0 {
			file := make([]byte, 1+rand.IntN(100_000))
			for j := range file {
				file[j] = byte(rand.Uint32())
			}
			if err := s.attach(url, file); err != nil {
				return err
			}
		}
	}
}

// TestKilledUnderLoad kills the server while 16 clients send, and holds it to
// every answer that it gave (invariant 1). The rounds share one data folder.
func TestKilledUnderLoad(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	total := 0
	for round := range 3 {
		t.Run(fmt.Sprint("round ", round+1), func(t *testing.T) {
			if round > 0 {
				long(t)
			}
			total += killed(t, data, round)
			again := demo(t, "--empty", "--unlimited", "--data", data)
			if n := len(everyCase(t, again)); n != total {
				t.Errorf("%d cases for %d reports sent under as many keys", n, total)
			}
			again.crash()
		})
	}
	out, err := exec.Command("fairlead", "ledger", "verify", "--data", data).CombinedOutput()
	if err != nil {
		t.Errorf("ledger verify: %v %s", err, out)
	}
}

// killed is one round; it returns under how many keys reports were sent.
func killed(t *testing.T, data string, round int) int {
	t.Helper()
	p := demo(t, "--empty", "--unlimited", "--data", data)
	l := &load{crash: p.crash, at: 300 + rand.IntN(200)}
	t.Logf("killed at %d acknowledgements", l.at)
	errs := make(chan error, 16)
	for who := range 16 {
		go func() { errs <- l.client(p.URL, round, who) }()
	}
	for range 16 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	<-p.ended
	again := demo(t, "--empty", "--unlimited", "--data", data)
	held(t, again, l.all)
	again.crash()
	return len(l.all)
}

// held checks each acknowledged report, and sends again what got no answer:
// under its key that may make one case, never two.
func held(t *testing.T, p *process, all []*sent) {
	t.Helper()
	cases := everyCase(t, p)
	acked := 0
	for i, s := range all {
		if s.Case == "" {
			if ok, err := s.post(p.URL); err != nil || !ok {
				t.Fatalf("sending again under %s: %v", s.key, err)
			}
			continue
		}
		acked++
		if !cases[s.Case] {
			t.Errorf("%s was acknowledged and is gone", s.Case)
			continue
		}
		thread := string(get(t, p.URL+"/api/v1/thread", "Receipt "+s.Receipt))
		if !strings.Contains(thread, s.Case) || !strings.Contains(thread, strings.Split(s.body, `"`)[3][:30]) {
			t.Errorf("%s: its receipt opens %s", s.Case, thread)
		}
		if s.fileID != "" && !bytes.Equal(get(t, p.URL+"/api/v1/thread/attachments/"+s.fileID, "Receipt "+s.Receipt), s.file) {
			t.Errorf("%s: its file came back with other bytes", s.Case)
		}
		if i%20 == 0 { // the key still answers as the first time
			again := sent{key: s.key, body: s.body}
			if ok, err := again.post(p.URL); err != nil || !ok || again.Case != s.Case || again.Receipt != s.Receipt {
				t.Errorf("%s: its key answers now with %s %s (%v)", s.Case, again.Case, again.Receipt, err)
			}
		}
	}
	if acked < 300 {
		t.Errorf("only %d were acknowledged before the crash", acked)
	}
}

// everyCase is every case that the token sees, page by page.
func everyCase(t *testing.T, p *process) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for after := ""; ; {
		var page listed
		if err := json.Unmarshal(get(t, p.URL+"/api/v1/cases?limit=200"+after, "Bearer "+p.Token), &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Cases {
			out[c.Case] = true
		}
		if page.Next == "" {
			return out
		}
		after = "&after=" + page.Next
	}
}
