package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/web"
)

// Limits of a form with files, beside those of the files themselves.
const (
	// maxFields is the most bytes of all fields together, with their names and
	// whatever else stands before the first file.
	maxFields = 1 << 21
	// maxParts is the most fields.
	maxParts = 200
	// maxRefused is how many files or late fields may be refused before the
	// rest is not read any more.
	maxRefused = 20
	// maxShown is the most bytes of a form that is read though it came too
	// often, only to show again what was typed.
	maxShown = 1 << 20
)

// posted is a form as it comes in: its fields, and the files after them, which
// are read from the connection one by one and never kept in between.
type posted struct {
	fields url.Values
	next   *multipart.Part // the first file, if any
	files  *multipart.Reader
	end    *ending
}

// errFields is the refusal of fields that are too many or too long.
var errFields = fmt.Errorf("%w: the fields of the form are over %d MiB or over %d together; shorten them, or send the long parts as files", cvd.ErrTooLarge, maxFields>>20, maxParts)

// errRefused ends the reading of files of which too many were refused.
var errRefused = fmt.Errorf("%w: over %d files or fields before were refused, so these were not read; send the files again, one by one", cvd.ErrTooLarge, maxRefused)

// ending remembers the last bytes of a body, by which one that was cut short is
// told from a whole one: the library reports both as the end. It also counts:
// names and heads of parts cost memory as their values do.
type ending struct {
	r    io.Reader
	mark []byte
	tail []byte
	left int64 // bytes that may still come; below 0 once there were more
	free bool  // the files have begun, which are bounded elsewhere
}

func (e *ending) Read(p []byte) (int, error) {
	if e.left < 0 && !e.free {
		return 0, errFields
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	const kept = 256 // a boundary has at most 70 characters (RFC 2046, section 5.1.1)
	e.tail = append(e.tail, p[max(0, n-kept):n]...)
	if len(e.tail) > kept {
		e.tail = append(e.tail[:0], e.tail[len(e.tail)-kept:]...)
	}
	return n, err
}

func (e *ending) seen() bool { return bytes.Contains(e.tail, e.mark) }

// readPosted reads the fields up to the first file.
func readPosted(r *http.Request) (*posted, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, web.FormLimit)
		if err := web.Form(r); err != nil {
			return nil, err
		}
		return &posted{fields: r.PostForm}, nil
	}
	end := &ending{r: r.Body, mark: []byte("--" + params["boundary"] + "--"), left: maxFields}
	r.Body = io.NopCloser(end)
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, cvd.ErrUnreadable
	}
	in := &posted{fields: url.Values{}, files: mr, end: end}
	for parts := 0; ; parts++ {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) && end.seen() {
			return in, nil
		}
		if err != nil {
			return nil, in.broken(err)
		}
		if part.FileName() != "" {
			in.next, end.free = part, true
			return in, nil
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, in.broken(err)
		}
		if parts >= maxParts {
			return nil, errFields
		}
		if part.FormName() == "attachments" || part.FormName() == "file" {
			continue // a file field that was left empty
		}
		in.fields.Add(part.FormName(), string(b))
	}
}

// broken says why the fields could not be read. The library does not pass on
// every error as it was.
func (in *posted) broken(err error) error {
	if in.end.left < 0 && !in.end.free {
		return errFields
	}
	return web.BodyError(err)
}

// each hands every file to keep, until that fails. Fields that come after the
// first file are named in late. The error that comes back is keep's, or about the
// connection, or that too many files and late fields were refused.
func (in *posted) each(keep func(name string, r io.Reader) (kept bool, err error)) (late []string, err error) {
	refused := 0
	for part := in.next; part != nil; {
		if part.FileName() == "" {
			refused++
			if name := clip(part.FormName()); !slices.Contains(late, name) {
				late = append(late, name)
			}
		} else if kept, err := keep(part.FileName(), part); err != nil {
			return late, err
		} else if !kept {
			refused++
		}
		if refused > maxRefused {
			return late, errRefused
		}
		part, err = in.files.NextPart()
		if errors.Is(err, io.EOF) && in.end.seen() {
			return late, nil
		}
		if err != nil {
			return late, web.BodyError(err)
		}
	}
	return late, nil
}

// digest is a hash over all fields, whatever their order.
func digest(fields url.Values) string {
	sum := sha256.Sum256([]byte(fields.Encode()))
	return hex.EncodeToString(sum[:])
}

// confirmation is the page that shows the receipt.
type confirmation struct {
	Case       cvd.CaseID
	Receipt    string
	Accepted   casework.Accepted
	Promises   []promised
	Kept       []string
	Refused    []refused
	Urgent     []reach
	Sensitive  bool
	Mail       bool
	Thread     string
	Paused     string
	NewProduct bool
}

// refused is a file that was not kept, with the reason.
type refused struct{ Name, Why string }

// send takes a report. Once the report is stored, nothing that happens to its
// files can take it back.
func (p *pub) send(w http.ResponseWriter, r *http.Request) error {
	if ok, after := p.site.Reports.Allow(p.site.From(r)); !ok {
		return p.tooOften(w, r, auth.Limited{After: after})
	}
	in, err := readPosted(r)
	if err != nil {
		return err
	}
	once := in.fields.Get("once")
	typed := url.Values{}
	for name, values := range in.fields {
		typed[name] = slices.Clone(values)
	}
	delete(in.fields, "once")
	cur, err := p.current()
	if err != nil {
		return p.refuse(w, r, typed, err)
	}
	report, err := intake.FromForm(in.fields)
	wrong, ok := faultsOf(err)
	if err != nil && !ok {
		return p.refuse(w, r, typed, err)
	}
	wrong = intake.Join(wrong, intake.Missing(report, cur.Policy.Information))
	sub := casework.Submission{Report: report, Channel: "web", Wrong: wrong}
	if len(once) >= 16 && len(once) <= 64 {
		// With its body in the key, a step back with other words is a new
		// report and not a refusal.
		sum := digest(in.fields)
		sub.Once = &casework.Once{Key: "web/" + once + "/" + sum, Digest: sum}
	}
	taken, err := p.site.Desk.As(cvd.Stranger).Receive(r.Context(), sub)
	if err != nil {
		return p.refuse(w, r, typed, err)
	}
	v := confirmation{
		Case: taken.Case, Receipt: taken.Receipt, Accepted: taken, Promises: p.promisedNow(taken.Promises),
		Urgent: ways(cur.Policy.UrgentContacts()), Sensitive: report.SensitiveDataSeen.Yes(), Paused: cur.Policy.Intake.Paused,
		Mail: report.Reporter != nil && report.Reporter.Email != "", Thread: p.site.BaseURL(r) + "/thread",
	}
	p.keepFiles(r, in, taken, &v)
	return p.pages.Render(w, r, http.StatusCreated, "sent", p.page(p.say("public.sent.title"), ""), v)
}

// tooOften refuses a report before its body is read. Only one that is no larger
// than a form that a person filled in is read, to show what was typed.
func (p *pub) tooOften(w http.ResponseWriter, r *http.Request, limited auth.Limited) error {
	web.RetryAfter(w, limited)
	typed := url.Values{}
	if r.ContentLength >= 0 && r.ContentLength <= maxShown {
		if in, err := readPosted(r); err == nil {
			typed = in.fields
		}
	}
	return p.refuse(w, r, typed, limited)
}

func (p *pub) promisedNow(list []casework.Promise) []promised {
	var out []promised
	for _, one := range list {
		out = append(out, promised{What: p.say("clock." + string(one.Kind)), Due: one.Due, Target: one.Target})
	}
	return out
}

// keepFiles attaches the files of a report that is stored already.
func (p *pub) keepFiles(r *http.Request, in *posted, taken casework.Accepted, v *confirmation) {
	if in.next == nil {
		return
	}
	actor, err := p.site.Auth.Receipt(r.Context(), taken.Receipt)
	if err != nil {
		v.Refused = append(v.Refused, refused{in.next.FileName(), p.why(err)})
		return
	}
	session := p.site.Desk.As(actor)
	var known []string
	if taken.Again {
		known = p.filesOf(r, session, taken.Case)
	}
	late, err := in.each(func(name string, body io.Reader) (bool, error) {
		shown := fileLabel(name)
		if i := slices.Index(known, shown); i >= 0 {
			known = slices.Delete(known, i, i+1)
			v.Kept = append(v.Kept, shown) // came with the first sending
			return true, nil
		}
		if _, err := session.Attach(r.Context(), taken.Case, name, body, cvd.Input{}); err != nil {
			v.Refused = append(v.Refused, refused{shown, p.why(err)})
			return false, nil
		}
		v.Kept = append(v.Kept, shown)
		return true, nil
	})
	for _, name := range late {
		v.Refused = append(v.Refused, refused{p.say("public.sent.field"), p.say("public.sent.late", "name", name)})
	}
	if err != nil {
		v.Refused = append(v.Refused, refused{p.say("public.sent.rest"), p.why(err)})
	}
}

// filesOf lists the names of the files that the case holds.
func (p *pub) filesOf(r *http.Request, s *casework.Session, id cvd.CaseID) []string {
	f, err := s.Case(r.Context(), id)
	if err != nil {
		return nil
	}
	var out []string
	for _, ev := range f.Events {
		if ev.Body != nil && ev.Body.File != nil {
			out = append(out, ev.Body.File.Name)
		}
	}
	return out
}

// fileLabel is the last part of a file's name as its sender gave it; it is shown
// and never used as a path.
func fileLabel(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return clip(strings.ToValidUTF8(name, "_"))
}

func clip(s string) string {
	if rs := []rune(s); len(rs) > 120 {
		return string(rs[:119]) + "…"
	}
	return s
}

// why says in words for the reader why a file was not kept.
func (p *pub) why(err error) string {
	if plain := web.Plain(err); plain != "" {
		return plain
	}
	switch {
	case errors.Is(err, cvd.ErrTooLarge):
		return p.say("public.why.too-large")
	case errors.Is(err, cvd.ErrUnreadable):
		return p.say("public.why.broken")
	}
	id := web.NewID()
	p.site.Log.Error("a file could not be kept", "id", id, "err", err)
	return p.say("public.why.internal", "id", id)
}

// receiptFile is the receipt as a text to keep. It is made for a receipt that
// opens something only, so the site prints no words of others.
func (p *pub) receiptFile(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := p.allowCode(r); err != nil {
		return err
	}
	code := auth.NormaliseReceipt(r.PostForm.Get("receipt"))
	actor, err := p.site.Auth.Receipt(r.Context(), code)
	if err != nil {
		return err
	}
	files, err := p.site.Desk.As(actor).Thread(r.Context())
	if err != nil {
		return err
	}
	voice, zone := p.site.Voice(r), p.site.Zone()
	var b strings.Builder
	b.WriteString(voice.Say("public.receipt.head", "organisation", p.site.Organisation()) + "\n\n")
	for _, f := range files {
		b.WriteString(voice.Say("public.receipt.case", "case", f.Case.ID) + "\n")
		b.WriteString(voice.Say("public.receipt.received", "when", voice.Instant(f.Case.Created, zone)) + "\n")
		for _, one := range f.Promises() {
			line := "public.receipt.promise"
			if one.Target {
				line = "public.receipt.target"
			}
			b.WriteString(voice.Say(line, "what", voice.Say("clock."+string(one.Kind)), "when", voice.Instant(one.Due, zone)) + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString(voice.Say("public.receipt.code", "receipt", code) + "\n")
	b.WriteString(voice.Say("public.receipt.use", "url", p.site.BaseURL(r)+"/thread") + "\n")
	web.Download(w, "receipt-"+string(files[len(files)-1].Case.ID)+".txt")
	return web.Write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
}

// allowCode limits the tries of receipts from one address.
func (p *pub) allowCode(r *http.Request) error {
	if ok, after := p.site.Codes.Allow(p.site.From(r)); !ok {
		return auth.Limited{After: after}
	}
	return nil
}
