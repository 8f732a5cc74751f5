package thread

import (
	"errors"
	"net/http"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// kept is what a reporter wrote while their session ended.
type kept struct {
	Case cvd.CaseID
	What string // message or appeal, as the address names it
	Text web.Field
}

// orOpen asks for the receipt where somebody's session has ended, and keeps what they
// wrote meanwhile.
func (p *pub) orOpen(do func(*pub, http.ResponseWriter, *http.Request) error, w http.ResponseWriter, r *http.Request) error {
	err := do(p, w, r)
	if !errors.Is(err, cvd.ErrUnauthenticated) || r.Method != http.MethodPost {
		return err
	}
	v := openView{Ended: true}
	what := map[string]string{"/thread/message": "message", "/thread/appeal": "appeal"}[r.URL.Path]
	if what != "" {
		if err := web.Form(r); err != nil {
			return err
		}
		v.Kept = p.kept(r, what)
	}
	p.Site.Forget(w, r, web.ReporterJar)
	return p.askReceipt(w, r, http.StatusUnauthorized, v)
}

// kept reads such words from a form, or is nil.
func (p *pub) kept(r *http.Request, what string) *kept {
	text := r.PostForm.Get("text")
	if text == "" || what != "message" && what != "appeal" {
		return nil
	}
	return &kept{cvd.CaseID(r.PostForm.Get("case")), what, web.Field{
		Name: "text", Kind: "area", Rows: 6, Label: p.Say("public.thread.text.label"), Value: text,
	}}
}

// goOn shows the cases with what was written, which is not sent yet.
func (p *pub) goOn(w http.ResponseWriter, r *http.Request, s *casework.Session, k *kept) error {
	files, err := s.Thread(r.Context())
	if err != nil {
		return err
	}
	at := 0 // where the words are of a case that this receipt does not open
	for i, f := range files {
		if f.Case.ID == k.Case {
			at = i
		}
	}
	return p.showThread(w, r, s, http.StatusOK, func(v *caseView) {
		if len(files) == 0 || v.ID != files[at].Case.ID {
			return
		}
		if k.What == "appeal" && v.CanAppeal {
			v.Appeal = k.Text.Value
		} else {
			v.Draft = k.Text.Value
		}
		v.Unsent = true
	})
}
