package web

import (
	"errors"
	"net/http"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// Jar is one of the site's cookies: the reporters' or the desk's.
type Jar struct {
	Name     string // without the prefix that https adds
	SameSite http.SameSite
}

// The cookies of the site. Each holds a random session token and nothing else.
var (
	ReporterJar = Jar{"fairlead", http.SameSiteLaxMode}
	DeskJar     = Jar{"fairlead-desk", http.SameSiteLaxMode}
)

// Key is the cookie's name. On https it is bound to the host (RFC 6265bis,
// section 4.1.3.2).
func (s *Site) Key(r *http.Request, j Jar) string {
	if s.Secure(r) {
		return "__Host-" + j.Name
	}
	return j.Name
}

// Remember sets the cookie of a session that was just made.
func (s *Site) Remember(w http.ResponseWriter, r *http.Request, j Jar, token string) {
	s.bake(w, r, j, token, 0)
}

// Forget removes the cookie.
func (s *Site) Forget(w http.ResponseWriter, r *http.Request, j Jar) { s.bake(w, r, j, "", -1) }

func (s *Site) bake(w http.ResponseWriter, r *http.Request, j Jar, value string, maxAge int) {
	//nolint:gosec // Secure follows the request: whoever comes without https has cookies of another name
	http.SetCookie(w, &http.Cookie{
		Name: s.Key(r, j), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.Secure(r), SameSite: j.SameSite,
	})
}

// Token is the session token that the request carries, or "".
func (s *Site) Token(r *http.Request, j Jar) string {
	c, err := r.Cookie(s.Key(r, j))
	if err != nil {
		return ""
	}
	return c.Value
}

// Session is the live session of the request. Without one it is a
// cvd.ErrUnauthenticated.
func (s *Site) Session(r *http.Request, j Jar) (auth.Session, error) {
	token := s.Token(r, j)
	if token == "" {
		return auth.Session{}, cvd.ErrUnauthenticated
	}
	here, err := s.Auth.Look(r.Context(), token)
	if a := askedOf(r); a != nil {
		a.by = here.Actor
		if errors.Is(err, cvd.ErrUnauthenticated) {
			a.refused = err // also where the answer only leads on to the sign-in
		}
	}
	return here, err
}
