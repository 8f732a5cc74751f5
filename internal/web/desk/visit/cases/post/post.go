// Package post is what mail means on the page of a case: how words came and what
// vouches for their sender, which mails wait for a member's nod, and whether letters
// to the reporter arrive. It also hands out the files of a case, and its report.
//
// It never rules on a mail, never opens one as a page, and shows nobody the reporter's
// address who may not know it.
package post

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/casework/handover"
	"fairlead/internal/casework/suspect"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// Origin is how words came by mail.
type Origin struct {
	From, Subject string
	At            time.Time
	Door          string
	Standing      web.Badge // of held mail: whether From is the reporter's address
	Domain        web.Badge // whether the domain of From vouches for it
	Checks        string    // what was checked, in the words of the standard
	Signature     web.Badge
	Signer        string
	Encrypted     bool
	Unfit         string // why the key that came with it is not used
	Held          string // why it waits or waited
	Admitted      string // who took it as the reporter's words
	Left          int
	Raw           string // where it is fetched as it came; empty where the reader may not
	Files         []File
}

// File came with a mail that waits.
type File struct {
	Link, Name string // no link where the reader may not open it
	Text       string // where it is read as text; empty if it is none
	Size       int64
}

// Held is one mail that waits for a nod.
type Held struct {
	Seq            int64
	Text           string
	Origin         *Origin
	Admit, Dismiss string // where that is done; empty where the reader may not
}

// View is what mail asks of the team.
type View struct {
	Notices []web.Notice
	Held    []Held
}

func do(f *casework.File, verb cvd.Verb, seq int64) string {
	if !slices.Contains(f.Verbs, verb) {
		return ""
	}
	link := "/desk/cases/" + string(f.Case.ID) + "/do/" + string(verb)
	if seq > 0 {
		link += "?seq=" + strconv.FormatInt(seq, 10)
	}
	return link
}

// Of gathers what mail asks in the case.
func Of(l *visit.Lens, f *casework.File) View {
	var v View
	if f.Erased {
		return v
	}
	if at := f.Case.Undelivered; !at.IsZero() {
		n := web.Notice{Kind: "alarm", Title: l.Say("desk.post.undelivered"), Text: l.Say("desk.post.undelivered.text", "when", l.Voice.Instant(at, l.Zone))}
		if n.Href = do(f, cvd.VerbReached, 0); n.Href != "" {
			n.Label = l.Say("verb.reached")
		}
		v.Notices = append(v.Notices, n)
	}
	if k := f.Case.Offer; k != nil {
		n := web.Notice{Kind: "warn", Title: l.Say("desk.post.key"), Text: l.Say("desk.post.key.text", "fingerprint", k.Fingerprint)}
		if n.Href = do(f, cvd.VerbTrustKey, k.Seq); n.Href != "" {
			n.Label = l.Say("verb.trust-key")
		}
		v.Notices = append(v.Notices, n)
	}
	for i := range f.Events {
		ev := &f.Events[i]
		if !slices.Contains(f.Case.HeldMail, ev.Seq) || ev.Body == nil {
			continue
		}
		v.Held = append(v.Held, Held{
			Seq: ev.Seq, Text: ev.Body.Text, Origin: OriginOf(l, f, ev),
			Admit: do(f, cvd.VerbAdmit, ev.Seq), Dismiss: do(f, cvd.VerbDismiss, ev.Seq),
		})
	}
	return v
}

// OriginOf is how the words of the event came; nil if not by mail, or if that is gone.
func OriginOf(l *visit.Lens, f *casework.File, ev *cvd.Event) *Origin {
	if ev.Body == nil || ev.Body.Mail == nil {
		return nil
	}
	m := ev.Body.Mail
	o := &Origin{
		From: m.From, Subject: m.Subject, At: m.At, Door: m.Door, Domain: domain(l, m.Proof), Checks: checks(m.Proof),
		Encrypted: m.Encrypted, Signer: m.Signer, Left: m.Left,
	}
	if o.Standing = standing(l, f.Case, m); o.Standing.Kind == "alarm" || (o.Standing.Text != "" && m.Proof.Aligned) {
		o.Domain.Kind = "neutral" // what a stranger's domain says of a stranger is no news, good or bad
	}
	kinds := map[cvd.SignatureState]string{cvd.SignatureGood: "good", cvd.SignatureFirst: "neutral", cvd.SignatureUnknown: "neutral", cvd.SignatureBad: "alarm"}
	if kind := kinds[m.Signature]; kind != "" {
		o.Signature = web.Badge{Kind: kind, Text: l.Say("desk.post.signature." + string(m.Signature))}
	}
	if id := "desk.post.unfit." + m.Unfit; m.Unfit != "" && l.Voice.Has(id) {
		o.Unfit = l.Say(id)
	}
	if m.Held != "" {
		if o.Held = l.Say("desk.post.held.other"); l.Voice.Has("mail.reason." + m.Held) {
			o.Held = l.Say("mail.reason." + m.Held)
		}
	}
	if m.Admitted != "" {
		o.Admitted = l.Who(m.Admitted)
	}
	open := may.OpenFile(l.Actor, f.Case)
	if open && (len(m.Raw) > 0 || m.File != nil) {
		o.Raw = fmt.Sprintf("/desk/cases/%s/mails/%d", f.Case.ID, ev.Seq)
	}
	for _, one := range ev.Body.Files {
		file := File{Name: one.Name, Size: one.Size}
		if open {
			file.Link, file.Text = FileLinks(f.Case.ID, one.Blob, one.Name)
		}
		o.Files = append(o.Files, file)
	}
	return o
}

// domain says in plain words whether the domain of From vouches for the mail.
func domain(l *visit.Lens, p cvd.Proof) web.Badge {
	name := p.Domain
	if name == "" {
		name = l.Say("desk.post.domain.none")
	}
	switch {
	case p.Aligned:
		return web.Badge{Kind: "good", Text: l.Say("desk.post.domain.vouches", "domain", name)}
	case slices.Contains([]string{p.SPF, p.DKIM, p.DMARC}, "temperror"):
		return web.Badge{Kind: "warn", Text: l.Say("desk.post.domain.unasked", "domain", name)}
	}
	return web.Badge{Kind: "warn", Text: l.Say("desk.post.domain.silent", "domain", name)}
}

// checks are the results by which the domain was judged (RFC 8601 section 2.7).
func checks(p cvd.Proof) string {
	var out []string
	for _, one := range [][2]string{{"SPF", p.SPF}, {"DKIM", p.DKIM}, {"DMARC", p.DMARC}} {
		if one[1] != "" {
			out = append(out, one[0]+" "+one[1])
		}
	}
	if p.By != "" {
		out = append(out, "("+p.By+")")
	}
	return strings.Join(out, ", ")
}

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	on := func(do func(*visit.Desk, http.ResponseWriter, *http.Request, *visit.Visit) error) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return do(shared, w, r, v) }
	}
	return []visit.Route{
		{Pattern: "GET /desk/cases/{id}/mails/{seq}", Area: may.AreaCases, Use: may.Look, Do: on(raw)},
		{Pattern: "GET /desk/cases/{id}/files/{blob}", Area: may.AreaCases, Use: may.Look, Do: on(file)},
		{Pattern: "GET /desk/cases/{id}/files/{blob}/text", Area: may.AreaCases, Use: may.Look, Do: on(text)},
		{Pattern: "GET /desk/cases/{id}/report.csaf.json", Area: may.AreaCases, Use: may.Look, Do: on(report)},
	}
}

// raw sends a mail as it came: as a download, of no type that a browser opens.
func raw(d *visit.Desk, w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	id := r.PathValue("id")
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil {
		return cvd.ErrNotFound
	}
	body, err := d.Site.Desk.As(v.Actor).Raw(r.Context(), cvd.CaseID(id), seq)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fmt.Sprintf("%s-%d.eml", id, seq)}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if _, err := io.Copy(w, body); err != nil {
		// The answer has begun: ending the connection is the only way left to say so.
		d.Site.Log.Error("a mail broke off", "case", id, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// file sends an attachment: as a download, of no type that a browser opens. What a scanner
// knows is sent to who has read so.
func file(d *visit.Desk, w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	id, blob := cvd.CaseID(r.PathValue("id")), r.PathValue("blob")
	a, body, err := suspect.Open(r.Context(), d.Site.Desk.As(v.Actor), id, blob, r.URL.Query().Get("risk") == "true")
	if warning, ok := errors.AsType[*suspect.Warning](err); ok {
		v.Still = true
		fetch, _ := FileLinks(id, blob, "")
		return d.Show(w, r, v, http.StatusConflict, "suspect", warning.File.Name, suspectView{
			Case: string(id), Name: warning.File.Name, SHA256: warning.File.SHA256, Size: warning.File.Size, Known: warning.Known, Link: fetch,
		})
	}
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	_, err = io.Copy(w, body)
	if err != nil {
		// The answer has begun: ending the connection is the only way left to say so.
		d.Site.Log.Error("a file broke off", "case", r.PathValue("id"), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// suspectView is a file that a scanner knows, or gave no verdict on.
type suspectView struct {
	Case, Name, SHA256, Link string
	Size                     int64
	Known                    string // the scanner's name for it; empty: it gave no verdict
}

// report sends the report as a document to hand on: as a download.
func report(d *visit.Desk, w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	name, doc, err := handover.Report(r.Context(), d.Site.Desk, v.Actor, cvd.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Content-Length", strconv.Itoa(len(doc)))
	if _, err := io.Copy(w, bytes.NewReader(doc)); err != nil {
		// The answer has begun: ending the connection is the only way left to say so.
		d.Site.Log.Error("a report broke off", "case", r.PathValue("id"), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
