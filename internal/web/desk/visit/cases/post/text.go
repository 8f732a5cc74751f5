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

// textBytes is how much of a file is shown as text: its beginning.
const textBytes = 256 << 10

// binaries are the ends of names of files that are no text. Any other is worth a look:
// what finders send ends in anything, and what it is shows when it is opened.
var binaries = []string{
	".7z", ".apk", ".avi", ".bin", ".bmp", ".bz2", ".class", ".core", ".db", ".dll", ".dmp", ".doc", ".docx", ".dylib", ".elf", ".exe", ".gif", ".gz", ".heic",
	".img", ".ipa", ".iso", ".jar", ".jpeg", ".jpg", ".mkv", ".mov", ".mp3", ".mp4", ".o", ".odp", ".ods", ".odt", ".pcap", ".pcapng", ".pdf", ".png", ".ppt",
	".pptx", ".rar", ".so", ".sqlite", ".tar", ".tgz", ".tif", ".tiff", ".wasm", ".webm", ".webp", ".xls", ".xlsx", ".xz", ".zip", ".zst",
}

func readable(name string) bool {
	return !slices.Contains(binaries, strings.ToLower(path.Ext(name)))
}

// FileLinks is where a file of the case is fetched, and where it is read as text; that
// is empty if it is none by its name.
func FileLinks(id cvd.CaseID, blob, name string) (fetch, text string) {
	fetch = "/desk/cases/" + string(id) + "/files/" + blob
	if readable(name) {
		text = fetch + "/text"
	}
	return fetch, text
}

// textView is a file as text.
type textView struct {
	Case, Name, SHA256, Link string
	Size                     int64
	Text                     string
	Shown                    int64 // bytes that stand there, of a longer one; 0: all of them
	Binary                   bool  // its bytes are no text
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

// whole takes from the beginning of a file of that size the letter that was cut in two.
func whole(b []byte, size int64) []byte {
	if int64(len(b)) == size {
		return b
	}
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if at := len(b) - i; utf8.RuneStart(b[at]) {
			if !utf8.FullRune(b[at:]) {
				return b[:at]
			}
			break
		}
	}
	return b
}

// text shows a file as the letters it is made of, of no type that anything renders.
func text(d *visit.Desk, w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	id := cvd.CaseID(r.PathValue("id"))
	a, body, err := d.Site.Desk.As(v.Actor).Attachment(r.Context(), id, r.PathValue("blob"))
	if err != nil {
		return err
	}
	defer body.Close()
	if !readable(a.Name) {
		return cvd.ErrNotFound
	}
	b, err := io.ReadAll(io.LimitReader(body, textBytes))
	if err != nil {
		return err
	}
	b = whole(b, a.Size)
	view := textView{Case: string(id), Name: a.Name, SHA256: a.SHA256, Size: a.Size, Link: "/desk/cases/" + string(id) + "/files/" + a.Blob}
	if view.Shown = int64(len(b)); view.Shown == a.Size {
		view.Shown = 0
	}
	if view.Text = strings.TrimPrefix(string(b), "\uFEFF"); !utf8.Valid(b) || strings.ContainsRune(view.Text, 0) {
		view.Text, view.Binary = "", true
	}
	view.Text = plain(view.Text)
	w.Header().Set("Content-Security-Policy", sandbox)
	v.Still = true
	return d.Show(w, r, v, http.StatusOK, "file", a.Name, view)
}
