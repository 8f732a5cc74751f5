package thread

import (
	"errors"
	"net/http"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// claimedView shows a receipt once.
type claimedView struct {
	Case, Receipt, Thread string
}

// codeField asks for the code of a letter.
func (p *pub) codeField(code string, wrong bool) web.Field {
	f := web.Field{Name: "code", Label: p.Say("public.claim.label"), Help: p.Say("public.claim.help"), Value: code, Required: true, Autocomplete: "one-time-code"}
	if wrong {
		f.Focus = true
		f.Faults = []cvd.Fault{{Problem: p.Say("public.claim.wrong"), Remedy: p.Say("public.claim.remedy")}}
	}
	return f
}

// claim takes the code of a letter for a receipt, and shows that once. A code that
// was never given, was used or is too old has one answer.
func (p *pub) claim(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	code := r.PostForm.Get("code")
	var limited auth.Limited
	if err := p.AllowCode(r); errors.As(err, &limited) {
		web.RetryAfter(w, limited)
		return p.askReceipt(w, r, http.StatusTooManyRequests, openView{Limited: true, Code: p.codeField(code, false)})
	}
	got, err := p.Site.Desk.As(cvd.Stranger).Claim(r.Context(), code)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		return p.askReceipt(w, r, http.StatusUnauthorized, openView{Code: p.codeField(code, true)})
	}
	if err != nil {
		return err
	}
	v := claimedView{Case: string(got.Cases[len(got.Cases)-1]), Receipt: got.Receipt, Thread: p.Site.BaseURL(r) + "/thread"}
	page := p.Page(p.Say("public.claim.title"), "/thread")
	page.Scripts = []string{"report.js"}
	return p.Pages.Render(w, r, http.StatusOK, "claimed", page, v)
}
