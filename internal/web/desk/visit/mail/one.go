package mail

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	stranger "fairlead/internal/intake/mail"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// oneView is one mail.
type oneView struct {
	rowView
	Head    []fact
	Marks   []web.Badge
	Doubts  []string
	Text    string
	HTML    bool
	Locked  bool // encrypted, and not opened
	Files   []fileView
	Readers []reader
	Forms   []formView // empty for those who only look
	Summary *web.Summary
}

// fact is a header or what the transport said.
type fact struct {
	Label, Text string
	When        time.Time
	Mono        bool
}

type fileView struct {
	N          int
	Name, Type string
	Size       int64
}

type reader struct {
	Name string
	At   time.Time
}

// formView is one thing that can be done with the mail.
type formView struct {
	Do, Title, Help string
	Fields          []web.Field
	Main            bool
}

func (d *desk) one(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.showOne(w, r, v, "", nil, nil)
}

// showOne shows a mail, with what was typed into the form that does something and
// what is wrong with that.
func (d *desk) showOne(w http.ResponseWriter, r *http.Request, v lens, do string, typed url.Values, faults cvd.Faults) error {
	l, err := d.Site.Mail.Letter(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	view := oneView{rowView: v.row(&l.Row), Head: v.head(l), Marks: v.marks(l)}
	if m := l.Read.Message; m != nil {
		view.Doubts, view.Text, view.HTML = m.Doubts, m.Text, m.HTML
		for n, f := range m.Files {
			view.Files = append(view.Files, fileView{n, intake.FileName(f.Name), f.Type, int64(len(f.Data))})
		}
	}
	view.Locked = l.Read.Lock != mailroom.Unlocked
	for _, one := range l.Looks {
		if i := slices.IndexFunc(view.Readers, func(r reader) bool { return r.Name == v.Who(one.Actor) }); i < 0 {
			view.Readers = append(view.Readers, reader{v.Who(one.Actor), one.At})
		}
	}
	status := http.StatusOK
	if may.Enter(v.Actor, may.AreaMail) == may.Change {
		view.Forms = v.forms(l)
	}
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
		for i := range view.Forms {
			if view.Forms[i].Do != do {
				continue
			}
			fill(view.Forms[i].Fields, typed)
			rest := web.Blame(view.Forms[i].Fields, faults)
			view.Summary = web.Summarise(v.Say("desk.faults"), view.Forms[i].Fields, rest)
		}
	}
	return d.Show(w, r, v.Visit, status, "letter", view.Subject, view)
}

func fill(fields []web.Field, typed url.Values) {
	for i := range fields {
		fields[i].Value = typed.Get(fields[i].Name)
		for n := range fields[i].Options {
			fields[i].Options[n].Chosen = fields[i].Options[n].Value == fields[i].Value
		}
	}
}

// head lists what the mail and its transport say of where it came from.
func (v lens) head(l *mailroom.Letter) []fact {
	var out []fact
	add := func(id, text string, mono bool) {
		if text != "" {
			out = append(out, fact{Label: v.Say("desk.mail." + id), Text: text, Mono: mono})
		}
	}
	out = append(out, fact{Label: v.Say("desk.mail.received"), When: l.Received})
	if m := l.Read.Message; m != nil {
		add("from", addresses(m.From), false)
		if a := addresses(m.ReplyTo); a != addresses(m.From) {
			add("replyto", a, false)
		}
		add("to", addresses(slices.Concat(m.To, m.Cc)), false)
		if !m.Date.IsZero() {
			out = append(out, fact{Label: v.Say("desk.mail.date"), When: m.Date})
		}
		add("id", m.ID, true)
	}
	add("taken", strings.Join(l.Envelope.To, ", "), false)
	add("program", l.Program, false)
	if l.Envelope.Null {
		add("envelope", v.Say("desk.mail.null"), false)
	} else {
		add("envelope", l.Envelope.From, false)
	}
	add("peer", strings.TrimSpace(l.Envelope.Peer+" "+l.Envelope.Helo), true)
	return out
}

func addresses(all []stranger.Address) string {
	var out []string
	for _, a := range all {
		if a.Name != "" {
			out = append(out, a.Name+" <"+a.Email+">")
		} else {
			out = append(out, a.Email)
		}
	}
	return strings.Join(out, ", ")
}

func (v lens) marks(l *mailroom.Letter) []web.Badge {
	var out []web.Badge
	if l.Read.Encrypted {
		out = append(out, web.Badge{Kind: "info", Text: v.Say("desk.mail.encrypted")})
	}
	if s := l.Read.Signature; s != "" {
		kind := map[cvd.SignatureState]string{cvd.SignatureGood: "good", cvd.SignatureFirst: "neutral", cvd.SignatureUnknown: "neutral", cvd.SignatureBad: "alarm"}[s]
		out = append(out, web.Badge{Kind: kind, Text: v.Say("desk.mail.signed." + string(s))})
	}
	return out
}

// forms are what a member can do with the mail.
func (v lens) forms(l *mailroom.Letter) []formView {
	var out []formView
	if l.Read.Message != nil {
		help := "desk.mail.open.help"
		if l.Read.Lock != mailroom.Unlocked {
			help = "desk.mail.open.unread"
		}
		open := formView{Do: "open", Title: v.Say("desk.mail.open"), Main: true, Help: v.Say(help, "when", v.Voice.Instant(l.Received, v.Zone))}
		if cur := v.Site.Book.Current(); cur != nil && len(cur.Policy.Programs) > 1 {
			f := web.Field{Name: "program", Kind: "select", Label: v.Say("desk.mail.open.program")}
			for _, p := range cur.Policy.Programs {
				f.Options = append(f.Options, web.Option{Value: p.ID, Label: p.Name, Chosen: p.ID == l.Program})
			}
			open.Fields = append(open.Fields, f)
		}
		out = append(out, open)
	}
	out = append(out, formView{Do: "add", Title: v.Say("desk.mail.add"), Help: v.Say("desk.mail.add.help"), Fields: []web.Field{
		{Name: "case", Label: v.Say("desk.mail.add.case"), Required: true, Value: string(l.Case), Autocomplete: "off"},
	}})
	if l.Shelf != inbox.Aside {
		days := inbox.Life(inbox.Aside) / (24 * time.Hour)
		out = append(out, formView{Do: "discard", Title: v.Say("desk.mail.discard"), Help: v.Say("desk.mail.discard.help", "count", int(days)), Fields: []web.Field{
			{Name: "reason", Label: v.Say("desk.mail.discard.reason"), Required: true, Autocomplete: "off"},
		}})
	}
	return out
}

// act does one of the forms, and shows the mail again with what is wrong.
func (d *desk) act(w http.ResponseWriter, r *http.Request, v lens, do string, act func(form url.Values) (to string, err error)) error {
	if err := web.Form(r); err != nil {
		return err
	}
	form, faults := visit.Clean(r.PostForm)
	var to string
	var err error
	if len(faults) == 0 {
		to, err = act(form)
	}
	if visit.AsFaults(err, &faults) || len(faults) > 0 {
		return d.showOne(w, r, v, do, form, faults)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, to)
}

func (d *desk) open(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.act(w, r, v, "open", func(form url.Values) (string, error) {
		made, err := d.Site.Mail.Open(r.Context(), v.Actor, r.PathValue("id"), form.Get("program"))
		return "/desk/cases/" + url.PathEscape(string(made.Case)), err
	})
}

func (d *desk) add(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.act(w, r, v, "add", func(form url.Values) (string, error) {
		id, err := d.Site.Mail.Add(r.Context(), v.Actor, r.PathValue("id"), form.Get("case"))
		return "/desk/cases/" + url.PathEscape(string(id)), err
	})
}

func (d *desk) discard(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.act(w, r, v, "discard", func(form url.Values) (string, error) {
		return home + "?done=discarded", d.Site.Mail.Discard(r.Context(), v.Actor, r.PathValue("id"), form.Get("reason"))
	})
}
