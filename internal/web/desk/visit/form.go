package visit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// maxText is the most characters of one field of the desk.
const maxText = 100_000

// Clean reads typed text: line ends as \n, blanks at the ends gone. Bytes that
// are no text are a fault of their field.
func Clean(form url.Values) (url.Values, cvd.Faults) {
	out := make(url.Values, len(form))
	var faults cvd.Faults
	for _, name := range Sorted(form) {
		for _, s := range form[name] {
			s = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
			switch {
			case !utf8.ValidString(s) || strings.ContainsFunc(s, control):
				faults = append(faults, cvd.Fault{Field: name, Problem: "holds bytes that are no text", Remedy: "type it anew"})
				s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
					if control(r) {
						return -1
					}
					return r
				}, s), "")
			case utf8.RuneCountInString(s) > maxText:
				faults = append(faults, cvd.Fault{
					Field: name, Problem: fmt.Sprintf("is over %d characters", maxText), Remedy: "shorten it, or attach it as a file",
				})
			}
			out[name] = append(out[name], s)
		}
	}
	return out, faults
}

func control(r rune) bool { return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f }

// Sorted lists the keys of a map in order.
func Sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Day reads what a date field holds: the midnight in the zone with which it begins. The
// fault names the field, and is nil where a date stands.
func Day(field, s string, zone *time.Location) (time.Time, *cvd.Fault) {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}, &cvd.Fault{Field: field, Problem: "is no date", Remedy: "write it as 2026-03-01"}
	}
	return within(field, t)
}

// within refuses a date from which nothing can be counted.
func within(field string, t time.Time) (time.Time, *cvd.Fault) {
	if calendar.Askable(t) {
		return t, nil
	}
	return time.Time{}, &cvd.Fault{
		Field: field, Problem: fmt.Sprintf("lies outside the years %d to %d", calendar.FirstYear, calendar.LastAsked),
		Remedy: "write a date within those years",
	}
}

// Upload is a form with a file; the file is read as it arrives.
type Upload struct {
	Fields url.Values
	Name   string    // as the sender called it
	File   io.Reader // nil if none came
}

// Uploads tells whether a form came with a file.
func Uploads(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/")
}

// maxUploadFields bounds what comes beside the file.
const maxUploadFields = 1 << 20

// ReadUpload reads the fields up to the file, which stands last in our forms.
func ReadUpload(mr *multipart.Reader) (Upload, error) {
	u := Upload{Fields: url.Values{}}
	left := int64(maxUploadFields)
	for range 100 {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		}
		if err != nil {
			return u, web.BodyError(err)
		}
		if part.FileName() != "" {
			u.Name, u.File = part.FileName(), part
			return u, nil
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return u, web.BodyError(err)
		}
		if left -= int64(len(b)); left < 0 {
			return u, cvd.ErrTooLarge
		}
		if part.FormName() != "file" {
			u.Fields.Add(part.FormName(), string(b))
		}
	}
	return u, cvd.ErrUnreadable
}

// AsFaults tells whether the error is a list of faults, and takes it over.
func AsFaults(err error, into *cvd.Faults) bool {
	faults, ok := errors.AsType[cvd.Faults](err)
	if ok {
		*into = append(*into, faults...)
	}
	return ok
}

// Number reads a whole number; what is none is 0.
func Number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// Checks is a list of which several may be chosen, as the part "checks" shows
// it.
type Checks struct {
	Name, Legend, Help string
	Groups             []CheckGroup
	Faults             []cvd.Fault
}

// CheckGroup is a part of the list under a title of its own.
type CheckGroup struct {
	Title string
	Items []CheckItem
	Fold  bool
}

// CheckItem is one choice.
type CheckItem struct {
	Value, Label, Text string
	On                 bool
}

// Tab is one of several views of a page.
type Tab struct {
	ID, Text, Count, Link string
	Here, Loud            bool
}

// Pair is a name and a text.
type Pair struct{ Label, Text string }

// Channel says how a report came.
func (l *Lens) Channel(name string) string {
	id := "desk.channel." + strings.ReplaceAll(name, " ", "-")
	if l.Voice.Has(id) {
		return l.Say(id)
	}
	return name
}

// CreditOptions fills a field that asks how a reporter wants to be credited.
func (l *Lens) CreditOptions(field *web.Field) {
	field.Kind = "select"
	for _, c := range []string{"", "name", "anonymous", "none"} {
		label := l.Say("desk.credit.unasked")
		if c != "" {
			label = l.Say("desk.credit." + c)
		}
		field.Options = append(field.Options, web.Option{Value: c, Label: label, Chosen: c == field.Value})
	}
}

// ConsentOptions fills a field that asks whether a contact may be passed on. What was
// answered in other words stays a choice.
func (l *Lens) ConsentOptions(field *web.Field) {
	field.Kind = "select"
	labels := map[string]string{"": l.Say("desk.credit.unasked"), "yes": l.Say("public.yes"), "no": l.Say("public.no")}
	for _, c := range []string{"", "yes", "no"} {
		field.Options = append(field.Options, web.Option{Value: c, Label: labels[c], Chosen: c == field.Value})
	}
	if !slices.Contains([]string{"", "yes", "no"}, field.Value) {
		field.Options = append(field.Options, web.Option{Value: field.Value, Label: field.Value, Chosen: true})
	}
}

// ReplyOptions fills a field that asks where a reporter reads answers.
func (l *Lens) ReplyOptions(field *web.Field) {
	field.Kind = "select"
	for _, c := range []string{"", cvd.ReplyByWeb, cvd.ReplyByMail} {
		label := l.Say("desk.reply_by.unasked")
		if c != "" {
			label = l.Say("desk.reply_by." + c)
		}
		field.Options = append(field.Options, web.Option{Value: c, Label: label, Chosen: c == field.Value})
	}
}

// Receipt is a receipt on its one page.
type Receipt struct {
	Case     string
	Receipt  string
	Again    bool // in place of one that was lost
	Internal bool
	Thread   string
	Promises []Promise
}

// Promise is a date that the reporter may count on.
type Promise struct {
	Text   string
	Due    time.Time
	Target bool
}

// ShowReceipt shows a receipt, this once.
func (d *Desk) ShowReceipt(w http.ResponseWriter, r *http.Request, v *Visit, view Receipt) error {
	view.Thread = d.Site.BaseURL(r) + "/thread"
	return d.Show(w, r, v, http.StatusOK, "receipt", v.Say("desk.receipt.title"), view)
}
