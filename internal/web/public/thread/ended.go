package thread

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// keptPrefix begins the names of what was typed before, in the form that asks for the
// receipt.
const keptPrefix = "kept."

// kept is what somebody typed into their case when the session was over. It waits in
// the form that asks for the receipt; nothing of it is done before its writer sees it
// again.
type kept struct {
	Form   string // the last part of the address that it was sent to
	Typed  url.Values
	Hidden []web.Field
	Text   *web.Field // what was written, to be seen
	Files  bool       // some were sent, which no page can give back
	Cut    bool       // there was more than a page gives back
}

// keptForms are the forms of a case, with the field in which people write.
var keptForms = map[string]string{"message": "text", "appeal": "appeal", "check": "check", "withdraw": "reason", "contact": "", "attach": "text", "thread": "text"}

// keep makes a form wait. Only the fields of that form do.
func (p *pub) keep(form string, typed url.Values) *kept {
	words, ok := keptForms[form]
	if !ok {
		return nil
	}
	k, label := &kept{Form: form, Typed: url.Values{}}, form
	if words == "text" {
		label = "message" // whatever button sent it
	}
	names := append([]string{"case", "reason", "reporter.credit.as"}, contactFields...)
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		if kind, _, _ := strings.Cut(name, "."); slices.Contains(spoken, kind) {
			names = append(names, name)
		}
	}
	ours := url.Values{}
	for _, name := range names {
		ours[name] = typed[name][:min(1, len(typed[name]))]
	}
	typed, k.Cut = web.Echo(ours)
	for _, name := range names {
		value := typed.Get(name)
		if value == "" {
			continue
		}
		k.Typed.Set(name, value)
		if name == words || words != "" && name == words+"."+typed.Get("case") {
			k.Text = &web.Field{Name: keptPrefix + name, Kind: "area", Rows: 8, Label: p.Say("public.kept." + label), Value: value}
			continue
		}
		k.Hidden = append(k.Hidden, web.Field{Name: keptPrefix + name, Kind: "hidden", Value: value})
	}
	if len(k.Typed) == 0 || len(k.Typed) == 1 && k.Typed.Has("case") {
		return nil
	}
	return k
}

// keptBefore is what waits in the form that asked for the receipt.
func (p *pub) keptBefore(form url.Values) *kept {
	typed := url.Values{}
	for name := range form {
		if bare, ok := strings.CutPrefix(name, keptPrefix); ok {
			typed.Set(bare, form.Get(name))
		}
	}
	return p.keep(form.Get("kept"), typed)
}

// keepSent makes a form wait that was sent without a session.
func (p *pub) keepSent(r *http.Request, form url.Values) *kept {
	id := caseOf(r, form)
	typed := spokenIn(r, form, id)
	for _, name := range append([]string{"reason", "reporter.credit.as"}, contactFields...) {
		typed.Set(name, form.Get(name))
	}
	typed.Set("case", string(id))
	return p.keep(place(r), typed)
}

// ended asks for the receipt in place of an answer, and keeps what was typed.
func (p *pub) ended(w http.ResponseWriter, r *http.Request) error {
	v := openView{Ended: r.Method == http.MethodPost || p.Site.Token(r, web.ReporterJar) != ""}
	switch {
	case place(r) == "attach":
		in, err := public.ReadPosted(r)
		if err != nil {
			return err
		}
		in.Drop(in.Fields)
		v.Kept = cmp.Or(p.keepSent(r, in.Fields), &kept{})
		v.Kept.Files = true
	case r.Method == http.MethodPost:
		if err := web.Form(r); err != nil {
			return err
		}
		v.Kept = p.keepSent(r, r.PostForm)
	}
	p.Site.Forget(w, r, web.ReporterJar)
	return p.askReceipt(w, r, http.StatusUnauthorized, v)
}

// spoken is what waits of the thread's page itself.
func (k *kept) spoken() url.Values {
	out := url.Values{}
	for name := range k.Typed {
		if kind, _, ok := strings.Cut(name, "."); ok && slices.Contains(spoken, kind) {
			out.Set(name, k.Typed.Get(name))
		}
	}
	return out
}

// back shows the case again with what was typed before the session ended.
func (p *pub) back(w http.ResponseWriter, r *http.Request, s *casework.Session, k *kept) error {
	files, err := s.Thread(r.Context())
	if err != nil {
		return err
	}
	of := slices.IndexFunc(files, func(f *casework.File) bool { return string(f.Case.ID) == k.Typed.Get("case") })
	if of < 0 { // another receipt; the words are its holder's all the same, and fit the newest case best
		of = 0
	}
	f, may := files[of], func(v cvd.Verb) bool { return slices.Contains(files[of].Verbs, v) }
	switch {
	case k.Form == "contact" && may(cvd.VerbContact):
		p.once = p.Say("public.kept.back")
		return p.showContact(w, r, http.StatusOK, f, k.Typed, k.spoken(), nil)
	case k.Form == "withdraw" && may(cvd.VerbWithdraw):
		p.once = p.Say("public.kept.back")
		return p.showWithdraw(w, r, http.StatusOK, f, k.Typed.Get("reason"), k.spoken(), nil)
	}
	return p.showThread(w, r, s, http.StatusOK, func(v *caseView) {
		if v.fill(k.Typed); v.ID != f.Case.ID {
			return
		}
		text, outcome := cmp.Or(k.Typed.Get(keptForms[k.Form]+"."+k.Typed.Get("case")), k.Typed.Get("reason")), k.Typed.Get("outcome."+k.Typed.Get("case"))
		v.Back = "#text-" + string(v.ID)
		switch {
		case k.Form == "appeal" && v.CanAppeal:
			v.Appeal, v.Back = text, "#appeal-"+string(v.ID)
		case k.Form == "check" && v.Release != nil && v.Release.Asked:
			v.Release.Outcome, v.Release.Text, v.Back = outcome, text, "#check-"+string(v.ID)
		case text != v.Draft:
			v.Draft = strings.TrimSpace(v.Draft + "\n\n" + text)
		}
	})
}
