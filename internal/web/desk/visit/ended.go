package visit

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth/oidc"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// Waiting is a form that was sent when the session was over. It waits in the form that
// signs in, and nothing of it is done before its writer sees it again.
type Waiting struct {
	Action string
	Multi  bool   // it may carry a file, which no page can give back
	Cut    bool   // there was more than a page gives back
	Fields []Pair // with keptPrefix before their names
}

// The fields of the sign-in form that hold a form that waits.
const (
	keptPrefix = "kept."
	keptAction = "kept-for"
	keptMulti  = "kept-file"
	keptCut    = "kept-cut"
)

// maxAction is the most bytes of the address that a form was sent to.
const maxAction = 2000

// maxSmall is the most bytes that Small keeps.
const maxSmall = 16 << 10

// ended asks to sign in, in place of an answer. Whoever had no session is only led to
// the sign-in page; of one that is over, what was typed is kept.
func (d *Desk) ended(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost || d.Site.Token(r, web.DeskJar) == "" || d.Ended == nil {
		return web.See(w, r, signInAddress(r))
	}
	wait, next := Waiting{}, from(r)
	typed := url.Values{}
	if mr, err := r.MultipartReader(); err == nil {
		wait.Multi = true
		// What cannot be read is not kept: nobody learns here whether there is such a page.
		if u, err := ReadUpload(mr); err == nil {
			typed = u.Fields
		}
		web.Drain(r.Body)
	} else {
		// Whatever the route takes from members: without a session it is a form.
		body := r.Body
		r.Body = http.MaxBytesReader(w, body, web.FormLimit)
		if err := web.Form(r); err == nil {
			typed = r.PostForm
		} else {
			wait.Cut = errors.Is(err, cvd.ErrTooLarge)
			web.Drain(body)
		}
	}
	if to := Inside(r.URL.Path); to != "/desk/" {
		wait.Action = to
	}
	typed, cut := web.Echo(typed)
	wait.Cut = wait.Cut || cut
	for _, name := range Sorted(typed) {
		if slices.Contains(secret, name) || name == proveField || strings.HasPrefix(name, proveField+"-") {
			continue
		}
		for _, value := range typed[name] {
			wait.Fields = append(wait.Fields, Pair{keptPrefix + name, value})
		}
	}
	return d.Ended(w, r, next, wait)
}

// from is the page of the desk that the form stood on.
func from(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	if to := Inside(u.Path); to != "/desk/" {
		return to
	}
	return ""
}

// WaitingIn is what waits in a form that signs in.
func WaitingIn(form url.Values) Waiting {
	out := Waiting{Action: Inside(form.Get(keptAction)), Multi: form.Get(keptMulti) != "", Cut: form.Get(keptCut) != ""}
	if out.Action == "/desk/" || len(out.Action) > maxAction {
		return Waiting{}
	}
	kept := url.Values{}
	for name, values := range form {
		if strings.HasPrefix(name, keptPrefix) {
			kept[name] = values
		}
	}
	kept, cut := web.Echo(kept)
	out.Cut = out.Cut || cut
	for _, name := range Sorted(kept) {
		for _, value := range kept[name] {
			out.Fields = append(out.Fields, Pair{name, value})
		}
	}
	return out
}

// Hidden are the fields by which it waits in another form.
func (k Waiting) Hidden() []Pair {
	if k.Action == "" {
		return nil
	}
	out := append(slices.Clone(k.Fields), Pair{keptAction, k.Action})
	if k.Multi {
		out = append(out, Pair{keptMulti, "yes"})
	}
	if k.Cut {
		out = append(out, Pair{keptCut, "yes"})
	}
	return out
}

// Small is what of it a page gives back to somebody who comes too often: nothing, where
// it is more than a few pages of words.
func (k Waiting) Small() Waiting {
	size := 0
	for _, one := range k.Fields {
		size += len(one.Label) + len(one.Text)
	}
	if size > maxSmall {
		return Waiting{Action: k.Action, Multi: k.Multi, Cut: true}
	}
	return k
}

// Fits tells whether it may wait here while somebody is at a provider.
func (k Waiting) Fits() bool {
	size := 0
	for _, one := range k.Hidden() {
		size += len(one.Label) + len(one.Text)
	}
	return size <= oidc.MostKept
}

// Form are the fields by which it waits elsewhere; empty if nothing does.
func (k Waiting) Form() url.Values {
	out := url.Values{}
	for _, one := range k.Hidden() {
		out.Add(one.Label, one.Text)
	}
	return out
}

// Bare are the fields as they were sent.
func (k Waiting) Bare() []Pair {
	var out []Pair
	for _, one := range k.Fields {
		out = append(out, Pair{strings.TrimPrefix(one.Label, keptPrefix), one.Text})
	}
	return out
}

// Words are the texts that somebody typed, to be seen and copied: those of several
// words. A name of an act or a version says nothing to anybody.
func (k Waiting) Words() []string {
	var out []string
	for _, one := range k.Fields {
		if text := strings.TrimSpace(one.Text); strings.ContainsAny(text, " \n") {
			out = append(out, text)
		}
	}
	return out
}
