package cases

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/fields"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/web/desk/visit/cases/tale"
)

// attach streams a file into the case; it is never kept in the open on the way. What
// was typed beside it came before it, so that it is still there if the file is refused.
func (d *desk) attach(w http.ResponseWriter, r *http.Request, v lens, o *deed) error {
	mr, err := r.MultipartReader()
	if err != nil {
		return cvd.ErrUnreadable
	}
	upload, err := visit.ReadUpload(mr)
	if err != nil {
		return err
	}
	var faults cvd.Faults
	o.typed, faults = visit.Clean(upload.Fields)
	o.uploaded = true
	if _, err := d.Site.Unsent.Read(r.Context(), v.deed(o), o.typed.Get("kept")); errors.Is(err, unsent.ErrDone) {
		return d.past(w, r, v, o, "done")
	}
	if upload.File == nil {
		faults = append(faults, cvd.Fault{Field: "file", Problem: v.Say("desk.nofile"), Remedy: v.Say("desk.nofile.remedy")})
	}
	in, more := v.forWhom(o, r.URL.Query().Get("for"))
	if faults = faults.And(more); len(faults) > 0 {
		return d.form(w, r, v, o, http.StatusUnprocessableEntity, faults)
	}
	if r.ContentLength > d.UploadLimit() { // nothing of it is read
		return d.tooLarge(w, r, v, o)
	}
	before, err := d.Beside(r, v.Visit, o.file.Case.ID)
	if err != nil {
		return err
	}
	done, err := d.Site.Desk.As(v.Actor).Attach(context.WithoutCancel(r.Context()), o.file.Case.ID, upload.Name, upload.File, in)
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, cvd.ErrTooLarge) {
		return d.tooLarge(w, r, v, o)
	}
	if err != nil {
		return d.refused(w, r, v, o, err)
	}
	d.sent(r, v, o)
	return d.led(w, r, string(o.file.Case.ID), o.verb, before, done.Events)
}

// withWords marks a file that goes with words to the reporter: they are written and shown
// before, and the file is chosen beside them.
const withWords = "words"

func (o *deed) answers() bool { return o.verb == cvd.VerbAttach && o.typed.Get("with") == withWords }

// withFile shows what a file goes with, and where it is chosen; problem is why none
// was taken.
func (d *desk) withFile(w http.ResponseWriter, r *http.Request, v lens, o *deed, status int, problem error) error {
	o.kept, o.uploaded = o.typed.Get("kept"), false
	view, err := d.previewOf(r, v, o)
	if err != nil {
		return d.refused(w, r, v, o, err)
	}
	v.blame(view, o, []fields.Item{{Field: view.File}}, problem)
	return d.showDo(w, r, v, status, *view)
}

func (v lens) ways(c *cvd.Case) []moves.Way {
	out := []moves.Way{{For: moves.ForTeam, Text: v.Say("desk.attach.team"), Says: v.Say("desk.says.nothing"), Main: true}}
	if c.Waited() {
		out = append(out, moves.Way{For: moves.ForReporter, Text: v.Say("desk.attach.reporter"), Says: v.Say("desk.attach.says")})
	}
	return out
}

// forWhom makes the input of a file. The words beside it go to whoever gets it.
func (v lens) forWhom(o *deed, whom string) (cvd.Input, cvd.Faults) {
	text := strings.TrimSpace(o.typed.Get("text"))
	switch {
	case whom == moves.ForReporter:
		return cvd.Input{Text: text}, nil
	case whom != moves.ForTeam:
		return cvd.Input{}, cvd.Faults{{Field: "file", Problem: v.Say("desk.attach.whom"), Remedy: v.Say("desk.attach.whom.remedy")}}
	case text != "":
		return cvd.Input{Silent: v.Say("desk.attach.silence.words", "text", text)}, nil
	}
	return cvd.Input{Silent: v.Say("desk.attach.silence")}, nil
}

// tooLarge shows the form again, with the limit at the file's field.
func (d *desk) tooLarge(w http.ResponseWriter, r *http.Request, v lens, o *deed) error {
	fault := cvd.Fault{Field: "file", Problem: v.Say("desk.file.large", "mib", fields.Mebibytes(o.file)), Remedy: v.Say("desk.file.large.remedy")}
	return d.form(w, r, v, o, http.StatusRequestEntityTooLarge, cvd.Faults{fault})
}

// late says that the case has moved on since the link to the verb was shown: where it
// stands, and what was done last.
func (d *desk) late(w http.ResponseWriter, r *http.Request, v lens, o *deed) error {
	state := web.State(v.Voice, o.file.Case.RM()).Text
	return d.over(w, r, v, o, http.StatusConflict, web.Notice{Title: v.Say("error.not-ready.title"), Text: v.Say("desk.late", "state", state)})
}

// past says that what a preview showed was done, or is kept no longer.
func (d *desk) past(w http.ResponseWriter, r *http.Request, v lens, o *deed, what string) error {
	return d.over(w, r, v, o, http.StatusGone, web.Notice{Title: v.Say("desk.kept." + what), Text: v.Say("desk.kept." + what + ".text")})
}

// over shows a verb that there is nothing more to do of, with what was done last.
func (d *desk) over(w http.ResponseWriter, r *http.Request, v lens, o *deed, status int, why web.Notice) error {
	view := d.doView(v, o)
	view.Late, view.Mail, view.About = true, nil, ""
	why.Kind, why.Href, why.Label = "warn", "/desk/cases/"+view.Case, v.Say("desk.late.open")
	view.Refusal = &why
	entries := v.entries(o.file, tale.Reading{})
	view.Last = entries[max(0, len(entries)-1):]
	return d.showDo(w, r, v, status, view)
}
