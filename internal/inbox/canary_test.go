package inbox_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/store/sqlstore"
)

const canary = "Canary-Kestrel"

// Invariant 6: no word of a message, of its envelope or of what a shelf shows of it
// lies on the disk, plain or in base64.
func TestACopyOfTheDiskTellsNothing(t *testing.T) {
	dir := t.TempDir()
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(dir, "fairlead.db"), sqlstore.Options{})
	must(t, err)
	defer func() { must(t, st.Close()) }()
	h := build(t, st)
	for i, size := range []int{1, inbox.Inline / 10} {
		it := inbox.Item{
			Door: "imap/main", Raw: []byte(strings.Repeat(canary+"\r\n", size)), Program: "main", Origin: "imap/" + canary + string(rune('a'+i)),
			Envelope: mail.Envelope{From: canary + "@example.net", To: []string{canary + "@example.org"}, Peer: canary, Helo: canary},
		}
		for _, s := range []inbox.State{inbox.Unsorted, inbox.Spam, inbox.Aside, inbox.Waiting} {
			it.Origin += "x"
			id := h.accept(it)
			must(t, h.box.Move(ctx, id, inbox.Filing{State: s, Reason: "mail.spam", From: canary, Subject: canary}))
		}
	}
	h.box.NoteDoor(inbox.Note{Door: "imap/main", Err: canary})
	must(t, h.box.Flush(ctx, true))
	id := h.accept(inbox.Item{Door: "smtp", Raw: []byte(canary)})
	must(t, h.box.Move(ctx, id, inbox.Filing{State: inbox.Filed}))

	var coded [][]byte
	for shift := range 3 {
		s := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), canary...))
		coded = append(coded, []byte(s[4:len(s)-2]))
	}
	found, files := false, ""
	for _, root := range []string{dir, h.dir} {
		must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			files += path + " "
			found = found || bytes.Contains(b, []byte("lane-"))
			low := bytes.ToLower(b)
			for _, word := range []string{"canary", "kestrel"} {
				if bytes.Contains(low, []byte(word)) {
					t.Errorf("%s holds the word", path)
				}
			}
			for _, c := range coded {
				if bytes.Contains(b, c) {
					t.Errorf("%s holds the word in base64", path)
				}
			}
			return err
		}))
	}
	if !found || !strings.Contains(files, "-wal") || !strings.Contains(files, "blobs") {
		t.Errorf("the search would find nothing, it looked into %s", files)
	}
}
