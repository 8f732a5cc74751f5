package post

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"
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

// plain names the characters that cannot be seen and change what can: those that turn the
// direction of what follows, controls, and those of no width. With them a line of code
// reads otherwise than it runs.
func plain(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || !unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) && !slices.Contains(widthless, r):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "⟨U+%04X⟩", r)
		}
	}
	return out.String()
}

// widthless are the characters of no width that join no letters of a script or signs.
var widthless = []rune{'\u00AD', '\u200B', '\u2060', '\u2061', '\u2062', '\u2063', '\u2064', '\uFEFF'}

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
	view.Text = plain(view.Text)
	w.Header().Set("Content-Security-Policy", sandbox)
	v.Still = true
	return d.Show(w, r, v, http.StatusOK, "file", a.Name, view)
}
