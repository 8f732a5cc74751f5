package promise

import (
	"net/http"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

func (p *pub) securityTxt(w http.ResponseWriter, r *http.Request) error {
	if p.Site.SecurityTxt == nil {
		return cvd.ErrNotFound
	}
	text, err := p.Site.SecurityTxt(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, "text/plain; charset=utf-8", text)
}

// securityTxtMoved sends those who look in the old place on (RFC 9116, section
// 3).
func (p *pub) securityTxtMoved(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/.well-known/security.txt", http.StatusMovedPermanently)
	return nil
}

func (p *pub) publicKey(w http.ResponseWriter, r *http.Request) error {
	if p.Site.PublicKey == nil {
		return cvd.ErrNotFound
	}
	key := p.Site.PublicKey()
	if len(key) == 0 {
		return cvd.ErrNotFound
	}
	return web.Write(w, r, http.StatusOK, "application/pgp-keys", key)
}

// emptyView says plainly that something does not exist yet.
type emptyView struct{ Title, Lead, Text string }

// notYet is a page for what is planned and not there: it says so and pretends
// nothing.
func notYet(name string) func(*pub, http.ResponseWriter, *http.Request) error {
	return func(p *pub, w http.ResponseWriter, r *http.Request) error {
		id := "public." + name + "."
		v := emptyView{p.Say(id + "title"), p.Say(id + "lead"), p.Say(id + "text")}
		return p.Pages.Render(w, r, http.StatusOK, "empty", p.Page(v.Title, "/"+name), v)
	}
}
