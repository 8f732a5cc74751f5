package visit

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

// Deed is a route's deed that is the same whatever is posted.
func Deed(one may.Deed) func(*http.Request, *Visit) may.Deed {
	return func(*http.Request, *Visit) may.Deed { return one }
}

// Place is where the reader's passkeys work, or why none do.
func (d *Desk) Place(r *http.Request) (passkey.Place, error) {
	origin := d.Site.Origin
	if origin == nil {
		origin = d.Site.BaseURL
	}
	return passkey.At(origin(r), d.Site.Organisation())
}

// WhyNot says in the reader's words why no passkey works at this address; empty
// for nil.
func WhyNot(say func(string, ...any) string, err error) string {
	switch {
	case errors.Is(err, passkey.ErrAddress):
		return say("desk.passkey.address")
	case err != nil:
		return say("desk.passkey.insecure")
	}
	return ""
}

// Ceremony is what a page holds of one, for its script.
type Ceremony struct {
	passkey.Ceremony
	Kind   string // get or create
	Action string // where the answer goes
	Prefix string // of the names of its fields
	Kept   []Pair // other fields of its form
}

// proveView asks somebody to show that it is still them, with what they were
// about to do kept on the page.
type proveView struct {
	Deed      string
	Action    string
	Kept      []Pair // fields of the form that waits
	Email     string
	Means     auth.Means
	Passkey   bool   // one of theirs may work here
	Elsewhere string // why none of their passkeys works here, where nothing else would do
	Lent      bool   // a link that somebody else made opened this, and they have nothing of their own yet
	Ceremony  *Ceremony
	Words     []string     // what was typed, to be seen where nothing here can show who it is
	Helpers   []cvd.Member // who can make a fresh link
	Member    string       // the reader's id, for the operator where there is nobody else
	Summary   *web.Summary
	Refusal   *web.Notice
	Password  web.Field
	Code      web.Field
	Ways      []oidc.Way // the providers, where the reader has an account linked
	Next      string     // where they want to be after that
	Along     Waiting    // what goes along to the provider and waits there
}

// The fields by which the page answers; all others are of the form that waits.
const proveField = "prove"

// secret are the fields that no page keeps: they are typed once more.
var secret = []string{"password", "current"}

// maxKept is the most bytes of a file that are kept on the page.
const maxKept = 1 << 20

// Proven refuses a deed that wants a proof of the moment where there is none: once more
// where it is done, so that it does not hang on how a form was read at the door.
func (v *Visit) Proven(deed may.Deed) error {
	if may.Proof(deed) && !v.Session.Fresh(v.Now) {
		return fmt.Errorf("%w: show again that it is you, or sign in again", cvd.ErrNotReady)
	}
	return nil
}

// proven lets a deed through that wants a proof of the moment if there is one, and
// asks for it otherwise.
func (d *Desk) proven(one Route) Handler {
	if one.Wants == nil {
		return one.Do
	}
	return func(w http.ResponseWriter, r *http.Request, v *Visit) error {
		if v.Session.Fresh(v.Now) {
			return one.Do(w, r, v)
		}
		deed := one.Wants(r, v)
		begins, err := d.begins(r, v, deed)
		if err != nil {
			return err
		}
		if begins || !may.Proof(deed) && !(v.Session.Lent && may.InName(deed)) {
			return one.Do(w, r, v)
		}
		kept, answer, err := posted(r)
		if err != nil {
			return err
		}
		view := &proveView{Deed: deedText(v, deed), Action: r.URL.RequestURI(), Kept: kept}
		if r.Method == http.MethodGet {
			view.Action, view.Kept = "/desk/confirm", []Pair{{"next", r.URL.Path}}
		}
		if answer.Get(proveField) == "" {
			return d.askProof(w, r, v, http.StatusForbidden, view)
		}
		if answer.Get(proveField) == "passkey" {
			return d.askPasskey(w, r, v, view)
		}
		s, err := d.Site.Auth.Prove(r.Context(), d.Site.Token(r, web.DeskJar), auth.Proof{
			Password: answer.Get("prove-password"), Code: answer.Get("prove-code"),
			Ceremony: answer.Get("prove-ceremony"), Answer: answer.Get("prove-answer"),
		})
		if err != nil {
			return d.proofRefused(w, r, v, view, answer, err)
		}
		d.Site.Remember(w, r, web.DeskJar, s.Token)
		v.Session, v.Actor = s, s.Actor
		return one.Do(w, r.WithContext(auth.InSession(r.Context(), s)), v)
	}
}

// begins tells whether the reader sets up the first thing by which they can show who
// they are, and may.
func (d *Desk) begins(r *http.Request, v *Visit, deed may.Deed) (bool, error) {
	if deed != may.DeedFactor || !v.Session.Lent {
		return false, nil
	}
	m, err := d.Site.Auth.Means(r.Context(), v.Actor.ID)
	return v.Session.MayBegin(v.Now, m), err
}

// posted reads the form that waits, and takes what answers the question out of
// it. A file becomes a field source, which its handler takes as well.
func posted(r *http.Request) (kept []Pair, answer url.Values, err error) {
	answer = url.Values{}
	if r.Method == http.MethodGet {
		return nil, answer, nil
	}
	if mr, err := r.MultipartReader(); err == nil {
		u, err := ReadUpload(mr)
		if err != nil {
			return nil, nil, err
		}
		if u.File != nil {
			b, err := io.ReadAll(io.LimitReader(u.File, maxKept+1))
			if err != nil {
				return nil, nil, web.BodyError(err)
			}
			if len(b) > maxKept {
				return nil, nil, cvd.ErrTooLarge
			}
			if len(b) > 0 {
				u.Fields.Set("source", string(b))
			}
		}
		r.PostForm, r.Form = u.Fields, u.Fields
	}
	if err := web.Form(r); err != nil {
		return nil, nil, err
	}
	var names []string
	for name, values := range r.PostForm {
		if name == proveField || strings.HasPrefix(name, proveField+"-") {
			answer[name] = values
			r.PostForm.Del(name)
			r.Form.Del(name)
			continue
		}
		if !slices.Contains(secret, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			kept = append(kept, Pair{name, value})
		}
	}
	return kept, answer, nil
}

// deedText says what the proof is for.
func deedText(v *Visit, deed may.Deed) string {
	if verb, ok := strings.CutPrefix(string(deed), "verb/"); ok {
		return v.Say("verb." + verb)
	}
	return v.Say("desk.prove.deed." + string(deed))
}

func (d *Desk) askProof(w http.ResponseWriter, r *http.Request, v *Visit, status int, view *proveView) error {
	var err error
	if view.Means, err = d.Site.Auth.Means(r.Context(), v.Actor.ID); err != nil {
		return err
	}
	linked, err := d.Site.Ways.Linked(r.Context(), v.Actor.ID)
	if err != nil {
		return err
	}
	if len(linked) > 0 {
		view.Ways, view.Next = d.Site.Ways.List(), "/desk/"
		if one, ok := d.routes["GET"+strings.TrimPrefix(r.Pattern, r.Method)]; ok && one.Do != nil {
			view.Next = r.URL.Path
		}
	}
	if view.Along = waits(view.Action, view.Kept); !view.Along.Fits() {
		view.Along = Waiting{}
	}
	_, nowhere := d.Place(r)
	view.Passkey = view.Means.Passkey && nowhere == nil
	view.Email, view.Member = v.Team[v.Actor.ID].Email, v.Actor.ID
	view.Lent = v.Session.Lent && v.Session.MayBegin(v.Now, view.Means)
	if byHand := view.Means.ByPassword() || view.Means.ByCode(); !byHand && !view.Passkey {
		if view.Means.Passkey {
			view.Elsewhere = WhyNot(v.Say, nowhere)
		}
		view.Words, view.Helpers = Waiting{Fields: view.Kept}.Words(), Leads(v.Team, v.Actor.ID)
	}
	view.Password = web.Field{Name: "prove-password", Kind: "password", Label: v.Say("desk.signin.password"), Autocomplete: "current-password", Faults: view.Password.Faults}
	view.Code = web.Field{Name: "prove-code", Label: v.Say("desk.second.code"), Help: v.Say("desk.second.code.either"), Autocomplete: "one-time-code", Half: true, Faults: view.Code.Faults}
	return d.Show(w, r, v, status, "prove", v.Say("desk.prove.title"), view)
}

// waits is a form that waits for a proof, as one waits for a sign-in.
func waits(action string, fields []Pair) Waiting {
	if action == "/desk/confirm" { // which only leads on
		return Waiting{}
	}
	out := Waiting{Action: action}
	for _, one := range fields {
		out.Fields = append(out.Fields, Pair{keptPrefix + one.Label, one.Text})
	}
	return out
}

// Leads are those of the team who can make a sign-in link for the member.
func Leads(team map[string]cvd.Member, member string) []cvd.Member {
	var out []cvd.Member
	for _, id := range Sorted(team) {
		if m := team[id]; m.Active && id != member && slices.Contains(m.Roles, cvd.RoleLead) {
			out = append(out, m)
		}
	}
	return out
}

// askPasskey goes on with a passkey: the page's script talks to the device.
func (d *Desk) askPasskey(w http.ResponseWriter, r *http.Request, v *Visit, view *proveView) error {
	place, err := d.Place(r)
	if err == nil {
		var c passkey.Ceremony
		if c, err = d.Site.Auth.AskProof(r.Context(), v.Actor, place); err == nil {
			kept := append(slices.Clone(view.Kept), Pair{proveField, "show"})
			view.Ceremony = &Ceremony{c, "get", view.Action, proveField + "-", kept}
		}
	}
	if err != nil {
		view.Refusal = &web.Notice{Kind: "warn", Title: v.Say("desk.passkey.not-here"), Text: v.Say("desk.passkey.not-here.text")}
	}
	return d.askProof(w, r, v, http.StatusForbidden, view)
}

func (d *Desk) proofRefused(w http.ResponseWriter, r *http.Request, v *Visit, view *proveView, answer url.Values, err error) error {
	if limited, ok := errors.AsType[auth.Limited](err); ok {
		web.RetryAfter(w, limited)
		view.Refusal = &web.Notice{Kind: "alarm", Title: v.Say("desk.signin.limited"), Text: v.Say("desk.signin.limited.text")}
		return d.askProof(w, r, v, web.Status(err), view)
	}
	faults, ok := errors.AsType[cvd.Faults](err)
	if !ok {
		return err
	}
	web.Refused(r, cvd.ErrUnauthenticated)
	id := "desk.prove.wrong." + faults[0].Field
	if field := faults[0].Field; field != "passkey" && answer.Get("prove-"+field) == "" {
		id = "desk.prove.empty." + field
	}
	view.Refusal = &web.Notice{Kind: "alarm", Title: v.Say(id), Text: v.Say(id + ".text")}
	return d.askProof(w, r, v, http.StatusUnprocessableEntity, view)
}

// Confirm is the page of a proof for an address that is only read: it leads on.
func (d *Desk) Confirm() []Route {
	return []Route{{
		Pattern: "POST /desk/confirm", Area: may.AreaSelf, Use: may.Change, Wants: Deed(may.DeedConfirm),
		Do: func(w http.ResponseWriter, r *http.Request, _ *Visit) error {
			if err := web.Form(r); err != nil {
				return err
			}
			return web.See(w, r, Inside(r.PostForm.Get("next")))
		},
	}}
}
