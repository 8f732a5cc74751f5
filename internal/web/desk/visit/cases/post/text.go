package post

import (
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/web/desk/visit"
)

// textBytes is the longest file that is shown as text.
const textBytes = 256 << 10

// texts are the ends of names under which a file is worth a look as text.
var texts = []string{".txt", ".md", ".log", ".csv", ".json", ".patch"}

func readable(name string, size int64) bool {
	return size <= textBytes && slices.Contains(texts, strings.ToLower(path.Ext(name)))
}

// FileLinks is where a file of the case is fetched, and where it is read as text; that
// is empty if it is none by its name, or too long.
func FileLinks(id cvd.CaseID, blob, name string, size int64) (fetch, text string) {
	fetch = "/desk/cases/" + string(id) + "/files/" + blob
	if readable(name, size) {
		text = fetch + "/text"
	}
	return fetch, text
}

// textView is a file as text.
type textView struct {
	Case, Name, SHA256, Link string
	Size                     int64
	Text                     string
	Binary                   bool // its bytes are no text
}

// sandbox lets a page of somebody else's words look like ours and do nothing: no
// script, no form, no other origin.
const sandbox = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-same-origin allow-downloads"

// text shows a file as the letters it is made of, of no type that anything renders.
func text(d *visit.Desk, w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	id := cvd.CaseID(r.PathValue("id"))
	a, body, err := d.Site.Desk.As(v.Actor).Attachment(r.Context(), id, r.PathValue("blob"))
	if err != nil {
		return err
	}
	defer body.Close()
	if !readable(a.Name, a.Size) {
		return cvd.ErrNotFound
	}
	b, err := io.ReadAll(io.LimitReader(body, textBytes+1))
	if err != nil {
		return err
	}
	view := textView{Case: string(id), Name: a.Name, SHA256: a.SHA256, Size: a.Size, Link: "/desk/cases/" + string(id) + "/files/" + a.Blob}
	if view.Text = strings.TrimPrefix(string(b), "\uFEFF"); !utf8.Valid(b) || strings.ContainsRune(view.Text, 0) {
		view.Text, view.Binary = "", true
	}
	w.Header().Set("Content-Security-Policy", sandbox)
	v.Still = true
	return d.Show(w, r, v, http.StatusOK, "file", a.Name, view)
}
