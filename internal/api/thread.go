package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"fairlead/internal/api/view"
	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/reply"
	"fairlead/internal/casework/suspect"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// showThread is the reporter's view.
func (c *call) showThread() error {
	files, err := c.desk().Thread(c.r.Context())
	if err != nil {
		return err
	}
	out := view.Thread{ThreadCase: c.views.Thread(files[0]), Linked: []view.ThreadCase{}}
	for _, f := range files[1:] {
		out.Linked = append(out.Linked, c.views.Thread(f))
	}
	return c.answer(http.StatusOK, out)
}

// caseOf is the case of the receipt that a request means: the newest, unless
// one is named. A foreign one is as little there as one that does not exist.
func (c *call) caseOf(named string) (cvd.CaseID, error) {
	if named == "" {
		if len(c.actor.Cases) == 0 {
			return "", cvd.ErrNotFound
		}
		return c.actor.Cases[len(c.actor.Cases)-1].Case, nil
	}
	return cvd.ParseCaseID(named)
}

// written is the answer to what a reporter sent.
type written struct {
	Case        cvd.CaseID         `json:"case" doc:"The case that it belongs to: a new one if the old one is closed."`
	SuccessorOf cvd.CaseID         `json:"successor_of,omitempty" doc:"The closed case that the new one succeeds."`
	Seq         int64              `json:"seq,omitempty" doc:"Number of the event."`
	At          time.Time          `json:"at"`
	State       cvd.RM             `json:"state"`
	Next        *casework.Promise  `json:"next"`
	Promises    []casework.Promise `json:"promises"`
	File        *view.File         `json:"file,omitempty"`
}

func (c *call) written(status int, done casework.Done) error {
	s := done.Again
	switch {
	case s != nil:
	case done.Successor != nil:
		s = reply.Opened(done.Successor, done.Case.ID)
	default:
		s = reply.Of(done.Case, done.Events)
	}
	return c.answer(status, written{
		Case: s.Case, SuccessorOf: s.SuccessorOf, Seq: s.Seq, At: s.At, State: s.State, Next: view.First(s.Promises), Promises: s.Promises,
	})
}

// Bodies of the thread's verbs. Case names one of several under the receipt.
type (
	sayBody struct {
		Text string `json:"text" doc:"What you want to say. On a closed case it opens a linked one, or goes on in the one that is open."`
		Case string `json:"case,omitempty" doc:"One of the receipt's cases; the newest, if left out."`
	}
	withdrawBody struct {
		Reason string `json:"reason,omitempty"`
		Case   string `json:"case,omitempty" doc:"One of the receipt's cases; the newest, if left out."`
	}
)

func (c *call) say() error {
	var in sayBody
	if err := c.read(&in, false); err != nil {
		return err
	}
	return c.reporterDoes(http.StatusCreated, cvd.VerbMessage, in.Case, cvd.Input{Text: in.Text})
}

func (c *call) appeal() error {
	var in sayBody
	if err := c.read(&in, false); err != nil {
		return err
	}
	return c.reporterDoes(http.StatusCreated, cvd.VerbAppeal, in.Case, cvd.Input{Text: in.Text})
}

func (c *call) withdraw() error {
	var in withdrawBody
	if err := c.read(&in, true); err != nil {
		return err
	}
	return c.reporterDoes(http.StatusOK, cvd.VerbWithdraw, in.Case, cvd.Input{Reason: in.Reason})
}

// changeContact replaces the reporter's contact, credit wishes and key.
func (c *call) changeContact() error {
	raw, err := c.body(maxBody, typeJSON)
	if err != nil {
		return err
	}
	contact, err := intake.ContactFromJSON(raw)
	if err := c.note(err); err != nil {
		return err
	}
	return c.reporterDoes(http.StatusOK, cvd.VerbContact, c.r.URL.Query().Get("case"), cvd.Input{Contact: contact})
}

// limitSuccessors counts words about a closed case as a report, since they may open
// another case.
func (c *call) limitSuccessors(id cvd.CaseID) error {
	f, err := c.desk().Case(c.r.Context(), id)
	if err != nil || !f.Case.Closed() {
		return err
	}
	if ok, after := c.reports.Allow(c.From(c.r)); !ok {
		return auth.Limited{After: after}
	}
	return nil
}

// reporterDoes does a verb by a receipt, once for each key.
func (c *call) reporterDoes(status int, verb cvd.Verb, named string, in cvd.Input) error {
	once := c.once(c.actor.Receipt+" "+c.r.URL.RequestURI()+" ", c.raw)
	id, err := c.caseOf(named)
	if err == nil && (verb == cvd.VerbMessage || verb == cvd.VerbAppeal) {
		err = c.limitSuccessors(id)
	}
	if err != nil {
		return err
	}
	if len(c.found) > 0 {
		return c.desk().Judge(c.r.Context(), id, verb, in, c.found)
	}
	var done casework.Done
	err = c.Texts.Spend(c.From(c.r), int64(len(c.raw)), func() (err error) {
		done, err = c.desk().Once(once).Do(c.r.Context(), id, verb, in)
		return err
	})
	if err != nil {
		return err
	}
	return c.written(status, done)
}

// addFile keeps a file of the reporter, streamed and sealed.
func (c *call) addFile() error {
	id, err := c.caseOf(c.r.URL.Query().Get("case"))
	if err != nil {
		return err
	}
	kept, done, err := c.attach(id, "text")
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, addedFile{*kept, id, done.Events[len(done.Events)-1].Seq})
}

// addedFile is the answer to a file.
type addedFile struct {
	view.File
	Case cvd.CaseID `json:"case"`
	Seq  int64      `json:"seq" doc:"Number of the event."`
}

// attach streams the request's file to the case.
func (c *call) attach(id cvd.CaseID, fields ...string) (*view.File, casework.Done, error) {
	up, given, err := c.File(c.r, fields...)
	if err = c.note(err); err != nil {
		return nil, casework.Done{}, err
	}
	in := cvd.Input{Text: given["text"], Silent: given["silent"]}
	if len(c.found) > 0 {
		return nil, casework.Done{}, c.desk().Judge(c.r.Context(), id, cvd.VerbAttach, in, c.found)
	}
	files, texts := c.Uploads, c.Texts
	if c.actor.Kind != cvd.ActorReporter {
		files, texts = nil, nil // what the team itself sends fills no disk by surprise
	}
	var done casework.Done
	err = texts.Spend(c.From(c.r), int64(len(in.Text)), func() error {
		return files.Keep(c.From(c.r), up, func(paid io.Reader) error {
			done, err = c.desk().Attach(c.r.Context(), id, up.Name, paid, in)
			return err
		})
	})
	if fault := up.Fault(); fault != nil {
		return nil, done, fault // what is wrong with the body, not with its keeping
	}
	if err != nil {
		return nil, done, err
	}
	for i := range done.Events {
		if b := done.Events[i].Body; b != nil && b.File != nil {
			return view.FileOf(b.File), done, nil
		}
	}
	return nil, done, errors.New("an attached file left no event")
}

// fetchFile sends one of the receipt's files.
func (c *call) fetchFile() error {
	for i := len(c.actor.Cases) - 1; i >= 0; i-- {
		err := c.send(c.actor.Cases[i].Case, c.r.PathValue("id"))
		if !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
	}
	return cvd.ErrNotFound
}

// send streams a file as a download that no browser shows or guesses at.
func (c *call) send(id cvd.CaseID, name string) error {
	f, r, err := suspect.Open(c.r.Context(), c.desk(), id, name, c.flag("risk"))
	if err != nil {
		return err
	}
	defer r.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	c.w.WriteHeader(http.StatusOK)
	if c.r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(c.w, r); err != nil {
		// Too late for a status: break the connection, so that half a file is
		// not taken for a whole one.
		if c.r.Context().Err() == nil {
			c.Log.Error("a file could not be sent whole", "case", string(id), "err", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// exported is everything the server holds about the receipt's cases that the
// reporter may see.
type exported struct {
	Exported time.Time      `json:"exported_at"`
	Cases    []exportedCase `json:"cases" doc:"Newest first."`
}

type exportedCase struct {
	view.ThreadCase
	Report  *cvd.Report  `json:"report" doc:"As it was sent; null once removed."`
	Contact *cvd.Contact `json:"contact"`
	Policy  int          `json:"policy" doc:"The policy version that the case runs under."`
}

func (c *call) export() error {
	files, err := c.desk().Thread(c.r.Context())
	if err != nil {
		return err
	}
	out := exported{Exported: c.Now().UTC(), Cases: []exportedCase{}}
	for _, f := range files {
		one := exportedCase{ThreadCase: c.views.Thread(f), Report: reportOf(f), Policy: f.Case.Policy}
		if p := f.Case.Participant(cvd.Reporter); p != nil {
			one.Contact = p.Contact
		}
		out.Cases = append(out.Cases, one)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", typeJSON)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.json"`, files[0].Case.ID))
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(b)
	return nil
}

// reportOf is the report that opened the case, without the contact.
func reportOf(f *casework.File) *cvd.Report {
	for i := range f.Events {
		if b := f.Events[i].Body; b != nil && b.Report != nil {
			return b.Report
		}
	}
	return nil
}
