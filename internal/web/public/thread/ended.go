package thread

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
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
var keptForms = map[string]string{"message": "text", "appeal": "text", "check": "text", "withdraw": "reason", "contact": ""}

// keep makes a form wait. Only the fields of that form do.
func (p *pub) keep(form string, typed url.Values) *kept {
	words, ok := keptForms[form]
	if !ok {
		return nil
	}
	names := append([]string{"case", "outcome", "text", "reason", "reporter.credit.as"}, contactFields...)
	ours := url.Values{}
	for _, name := range names {
		ours[name] = typed[name][:min(1, len(typed[name]))]
	}
	k := &kept{Form: form, Typed: url.Values{}}
	typed, k.Cut = web.Echo(ours)
	for _, name := range names {
		value := typed.Get(name)
		if value == "" {
			continue
		}
		k.Typed.Set(name, value)
		if name == words {
			k.Text = &web.Field{Name: keptPrefix + name, Kind: "area", Rows: 8, Label: p.Say("public.kept." + form), Value: value}
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

// ended asks for the receipt in place of an answer, and keeps what was typed.
func (p *pub) ended(w http.ResponseWriter, r *http.Request) error {
	v := openView{Ended: r.Method == http.MethodPost || p.Site.Token(r, web.ReporterJar) != ""}
	form := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case form == "attach":
		web.Drain(r.Body)
		v.Kept = &kept{Files: true}
	case r.Method == http.MethodPost:
		if err := web.Form(r); err != nil {
			return err
		}
		v.Kept = p.keep(form, r.PostForm)
	}
	p.Site.Forget(w, r, web.ReporterJar)
	return p.askReceipt(w, r, http.StatusUnauthorized, v)
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
		p.again = p.Say("public.kept.back")
		return p.showContact(w, r, http.StatusOK, f, k.Typed, nil)
	case k.Form == "withdraw" && may(cvd.VerbWithdraw):
		p.again = p.Say("public.kept.back")
		return p.showWithdraw(w, r, http.StatusOK, f, k.Typed.Get("reason"), nil)
	}
	return p.showThread(w, r, s, http.StatusOK, func(v *caseView) {
		if v.ID != f.Case.ID {
			return
		}
		text := cmp.Or(k.Typed.Get("text"), k.Typed.Get("reason"))
		v.Back = "#text-" + string(v.ID)
		switch {
		case k.Form == "appeal" && v.CanAppeal:
			v.Appeal, v.Back = text, "#appeal-"+string(v.ID)
		case k.Form == "check" && v.Release != nil && v.Release.Asked:
			v.Release.Outcome, v.Release.Text, v.Back = k.Typed.Get("outcome"), text, "#check-"+string(v.ID)
		default:
			v.Draft = text
		}
	})
}
