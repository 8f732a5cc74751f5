package factor

import (
	"errors"
	"net/http"

	"fairlead/internal/auth/passkey"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// keysView is the page of somebody's passkeys, or of one that is being made.
type keysView struct {
	Keys     []passkey.Key
	Alone    bool   // one is easily lost
	Full     bool   // no more may be added
	WhyNot   string // no passkey works at this address
	Name     string // of the one that is being made
	Ceremony *visit.Ceremony
	Form     []web.Field
	Done     string
	Onward   bool // one was added just now
	Refusal  *web.Notice
	Wrong    *web.Summary
}

func (d *desk) keysView(r *http.Request, v *visit.Visit) (*keysView, error) {
	keys, err := d.Site.Auth.Passkeys(r.Context(), v.Actor.ID)
	if err != nil {
		return nil, err
	}
	_, nowhere := d.Place(r)
	out := &keysView{Keys: keys, Alone: len(keys) == 1, Full: len(keys) >= passkey.Most, WhyNot: visit.WhyNot(v.Say, nowhere)}
	out.Form = keyForm(v)
	return out, nil
}

func keyForm(v *visit.Visit) []web.Field {
	return []web.Field{{Name: "name", Label: v.Say("desk.passkey.name"), Help: v.Say("desk.passkey.name.help"), Required: true, Autocomplete: "off"}}
}

func (d *desk) showKeys(w http.ResponseWriter, r *http.Request, v *visit.Visit, status int, out *keysView) error {
	return d.Show(w, r, v, status, "passkeys", v.Say("desk.passkey.title"), out)
}

func (d *desk) passkeys(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	out, err := d.keysView(r, v)
	if err != nil {
		return err
	}
	if id := "desk.passkey.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		out.Done, out.Onward = v.Say(id), id == "desk.passkey.done.added"
	}
	return d.showKeys(w, r, v, http.StatusOK, out)
}

// beginKey goes on with a page whose script talks to the device.
func (d *desk) beginKey(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	out, err := d.keysView(r, v)
	if err != nil {
		return err
	}
	place, err := d.Place(r)
	if err != nil { // the page says why
		return d.showKeys(w, r, v, http.StatusUnprocessableEntity, out)
	}
	out.Name = r.PostForm.Get("name")
	out.Form[0].Value = out.Name
	c, err := d.Site.Auth.OfferPasskey(r.Context(), v.Actor, place, out.Name)
	if faults, ok := errors.AsType[cvd.Faults](err); ok {
		out.Wrong = web.Summarise(v.Say("desk.faults"), out.Form, web.Blame(out.Form, faults))
		return d.showKeys(w, r, v, http.StatusUnprocessableEntity, out)
	}
	if err != nil {
		return err
	}
	out.Ceremony = &visit.Ceremony{Ceremony: c, Kind: "create", Action: "/desk/me/passkeys/add"}
	return d.showKeys(w, r, v, http.StatusOK, out)
}

func (d *desk) addKey(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	_, err := d.Site.Auth.AddPasskey(r.Context(), v.Actor, r.PostForm.Get("ceremony"), r.PostForm.Get("answer"))
	if errors.Is(err, cvd.ErrUnauthenticated) || errors.Is(err, cvd.ErrConflict) {
		out, err := d.keysView(r, v)
		if err != nil {
			return err
		}
		out.Refusal = &web.Notice{Kind: "alarm", Title: v.Say("desk.passkey.wrong"), Text: v.Say("desk.passkey.wrong.text")}
		return d.showKeys(w, r, v, http.StatusUnprocessableEntity, out)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/me/passkeys?done=added")
}

func (d *desk) removeKey(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := d.Site.Auth.RemovePasskey(r.Context(), v.Actor, r.PostForm.Get("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me/passkeys?done=removed")
}
