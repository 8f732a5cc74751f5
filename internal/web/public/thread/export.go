package thread

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web"
)

// contactLabel is what the policy of the case calls a contact field.
func (p *pub) contactLabel(f *casework.File, name string) policy.Field {
	if terms := p.Terms(f.Policy); terms != nil {
		for _, one := range terms.Information {
			if one.Name == name {
				return one
			}
		}
	}
	return policy.Field{Name: name, Label: p.Say("public.field." + name)}
}

// file hands a file out to be kept, never to be shown.
func (p *pub) file(w http.ResponseWriter, r *http.Request) error {
	s, err := p.reporter(r)
	if err != nil {
		return err
	}
	f, body, err := s.Attachment(r.Context(), cvd.CaseID(r.PathValue("case")), r.PathValue("blob"))
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return web.SendFile(w, f.Name, f.Size, body)
}

// exported is the reporter's own thread as JSON. Its members are stable.
type exported struct {
	Organisation string         `json:"organisation"`
	At           time.Time      `json:"exported_at"`
	Cases        []exportedCase `json:"cases"`
}

type exportedCase struct {
	Case     cvd.CaseID         `json:"case"`
	Received time.Time          `json:"received_at"`
	State    cvd.RM             `json:"state"`
	Severity cvd.Band           `json:"severity,omitempty"`
	Policy   int                `json:"policy_version"`
	Report   *cvd.Report        `json:"report,omitempty"`
	Contact  *cvd.Contact       `json:"contact,omitempty"`
	Promises []casework.Promise `json:"promises"`
	Events   []exportedEvent    `json:"events"`
}

type exportedEvent struct {
	At      time.Time     `json:"at"`
	Type    cvd.EventType `json:"type"`
	By      string        `json:"by"` // you, team, system
	What    string        `json:"what"`
	Text    string        `json:"text,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	Clauses []string      `json:"clauses,omitempty"`
	Missing []string      `json:"missing,omitempty"`
	File    *exportedFile `json:"file,omitempty"`
}

type exportedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (p *pub) exportJSON(w http.ResponseWriter, r *http.Request) error {
	files, err := p.threadOf(r)
	if err != nil {
		return err
	}
	out := exported{Organisation: p.Site.Organisation(), At: p.Site.Now().UTC().Truncate(time.Second)}
	for _, f := range files {
		out.Cases = append(out.Cases, p.exportCase(f))
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	web.Download(w, "thread.json")
	return web.Write(w, r, http.StatusOK, "application/json", append(b, '\n'))
}

func (p *pub) threadOf(r *http.Request) ([]*casework.File, error) {
	s, err := p.reporter(r)
	if err != nil {
		return nil, err
	}
	return s.Thread(r.Context())
}

func (p *pub) exportCase(f *casework.File) exportedCase {
	c := exportedCase{
		Case: f.Case.ID, Received: f.Case.Created, State: f.Case.RM(), Severity: f.Case.Band,
		Policy: f.Case.Policy, Promises: f.Promises(),
	}
	if part := f.Case.Participant(cvd.Reporter); part != nil {
		c.Contact = part.Contact
	}
	for i := range f.Events {
		ev := &f.Events[i]
		e := p.entry(f, ev)
		out := exportedEvent{At: ev.At, Type: ev.Type, By: "system", What: e.Heading}
		switch e.Class {
		case "you":
			out.By = "you"
		case "person":
			out.By = "team"
		}
		if b := ev.Body; b != nil {
			out.Text, out.Clauses, out.Missing = b.Text, b.Clauses, b.Missing
			if ev.Tell == cvd.TellReporter {
				out.Reason = b.Reason
			}
			if b.File != nil {
				out.File = &exportedFile{b.File.Name, b.File.Size, b.File.SHA256}
			}
			if b.Report != nil {
				c.Report = b.Report
			}
		}
		c.Events = append(c.Events, out)
	}
	return c
}

// exportText is the thread as a person reads it.
func (p *pub) exportText(w http.ResponseWriter, r *http.Request) error {
	files, err := p.threadOf(r)
	if err != nil {
		return err
	}
	voice, zone := p.Site.Voice(r), p.Site.Zone()
	var b strings.Builder
	b.WriteString(voice.Say("public.receipt.head", "organisation", p.Site.Organisation()) + "\n")
	for _, f := range files {
		fmt.Fprintf(&b, "\n%s\n%s\n\n", f.Case.ID, strings.Repeat("=", len(f.Case.ID)))
		b.WriteString(p.Say("rm."+string(f.Case.RM())) + ". " + voice.State(f.Case) + "\n")
		for _, one := range f.Promises() {
			line := "public.receipt.promise"
			if one.Target {
				line = "public.receipt.target"
			}
			b.WriteString(voice.Say(line, "what", voice.Say("clock."+string(one.Kind)), "when", voice.Instant(one.Due, zone)) + "\n")
		}
		for i := range f.Events {
			p.exportEntry(&b, p.entry(f, &f.Events[i]))
		}
	}
	web.Download(w, "thread.txt")
	return web.Write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
}

func (p *pub) exportEntry(b io.Writer, e entry) {
	fmt.Fprintf(b, "\n%s · %s · %s\n", p.Voice().Instant(e.At, p.Site.Zone()), e.Who, e.Heading)
	for _, q := range append(slices.Clone(e.Report), e.Quotes...) {
		if q.Label != "" {
			fmt.Fprintf(b, "%s%s\n", q.Label, p.Say("mark.colon"))
		}
		for line := range strings.Lines(q.Text) {
			fmt.Fprintf(b, "    %s\n", strings.TrimRight(line, "\n"))
		}
	}
	for _, m := range e.Missing {
		fmt.Fprintf(b, "  - %s\n", m)
	}
	for _, c := range e.Clauses {
		fmt.Fprintf(b, "  %s (%s)\n", c.Title, c.ID)
	}
	if e.File != nil {
		fmt.Fprintf(b, "  %s, %s, sha256 %s\n", e.File.Name, web.Size(p.Voice(), e.File.Size), e.File.SHA256)
	}
}
