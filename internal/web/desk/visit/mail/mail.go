// Package mail is the part of the desk about what came by mail and stands in no
// case: the shelves, one mail as a member reads it, and what can be done with it.
//
// It never shows a stranger's words as anything but plain text, never a file as
// anything but a download, and decides nothing about a case.
package mail

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

type desk struct{ *visit.Desk }

// lens is the visit as this folder reads it.
type lens struct{ *visit.Visit }

// Routes lists the addresses of this part; none where no mail comes in, or where
// nobody knows how the channels are doing.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	on := func(do func(http.ResponseWriter, *http.Request, lens) error) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return do(w, r, lens{v}) }
	}
	var out []visit.Route
	if shared.Site.Channels != nil {
		out = append(out,
			visit.Route{Pattern: "GET /desk/channels", Area: may.AreaMail, Use: may.Look, Do: on(d.channels)},
			visit.Route{Pattern: "POST /desk/channels/test", Area: may.AreaMail, Use: may.Change, Do: on(d.test)})
	}
	if shared.Site.Mail == nil {
		return out
	}
	return append(out, []visit.Route{
		{Pattern: "GET /desk/mail", Area: may.AreaMail, Use: may.Look, Do: on(d.shelf)},
		{Pattern: "GET /desk/mail/{id}", Area: may.AreaMail, Use: may.Look, Do: on(d.one)},
		{Pattern: "GET /desk/mail/{id}/raw", Area: may.AreaMail, Use: may.Look, Do: on(d.raw)},
		{Pattern: "GET /desk/mail/{id}/files/{n}", Area: may.AreaMail, Use: may.Look, Do: on(d.file)},
		{Pattern: "POST /desk/mail/{id}/open", Area: may.AreaMail, Use: may.Change, Do: on(d.open)},
		{Pattern: "POST /desk/mail/{id}/add", Area: may.AreaMail, Use: may.Change, Do: on(d.add)},
		{Pattern: "POST /desk/mail/{id}/discard", Area: may.AreaMail, Use: may.Change, Do: on(d.discard)},
	}...)
}

const (
	home  = "/desk/mail"
	title = "desk.mail.title"
)

// shelfView is one shelf.
type shelfView struct {
	Tabs        []visit.Tab
	Lead, Empty string
	Rows        []rowView
	Done        string
	First, Next string
}

// rowView is one mail of a shelf.
type rowView struct {
	ID, From, Subject, Reason, Door string
	Case                            cvd.CaseID
	Received, Expires               time.Time
	Size                            int64
}

func (d *desk) shelf(w http.ResponseWriter, r *http.Request, v lens) error {
	here := inbox.State(r.URL.Query().Get("shelf"))
	if here == "" {
		here = inbox.Unsorted
	}
	rows, next, err := d.Site.Mail.Shelf(r.Context(), v.Actor, here, r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	counts, err := d.Site.Mail.Counts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := shelfView{Lead: v.Say("desk.mail." + string(here) + ".lead"), Empty: v.Say("desk.mail." + string(here) + ".empty")}
	for _, s := range mailroom.Shelves {
		view.Tabs = append(view.Tabs, visit.Tab{
			ID: string(s), Text: v.Say("desk.mail." + string(s)), Link: home + "?shelf=" + string(s), Here: s == here,
			Count: v.Counted(counts[s]), Loud: s == inbox.Unsorted && counts[s] > 0,
		})
	}
	page := func(q url.Values) string {
		q.Set("shelf", string(here))
		return home + "?" + q.Encode()
	}
	if r.URL.Query().Get("after") != "" {
		view.First = page(url.Values{})
	}
	if next != "" {
		view.Next = page(url.Values{"after": {next}})
	}
	for i := range rows {
		view.Rows = append(view.Rows, v.row(&rows[i]))
	}
	if id := "desk.mail.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "mail", v.Say(title), view)
}

func (v lens) row(row *mailroom.Row) rowView {
	out := rowView{
		ID: row.ID, From: row.From, Subject: row.Subject, Reason: row.Why(v.Voice, v.Who), Door: row.Door, Case: row.Case, Received: row.Received, Expires: row.Expires, Size: row.Size,
	}
	if out.From == "" {
		out.From = v.Say("desk.mail.nobody")
	}
	if out.Subject == "" {
		out.Subject = v.Say("desk.mail.nosubject")
	}
	return out
}

// raw is the whole mail as it came.
func (d *desk) raw(w http.ResponseWriter, r *http.Request, v lens) error {
	l, err := d.Site.Mail.Letter(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SendFile(w, l.ID[:min(len(l.ID), 12)]+".eml", int64(len(l.Raw)), bytes.NewReader(l.Raw))
}

func (d *desk) file(w http.ResponseWriter, r *http.Request, v lens) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return cvd.ErrNotFound
	}
	f, err := d.Site.Mail.File(r.Context(), v.Actor, r.PathValue("id"), n)
	if err != nil {
		return err
	}
	return web.SendFile(w, intake.FileName(f.Name), int64(len(f.Data)), bytes.NewReader(f.Data))
}
