package mailroom

import (
	"bytes"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
)

// What is tried of encrypted files: how many of a mail, and how many octets may come out
// of them together. The others stay as they came, and count as encrypted all the same.
const (
	mostOpened = 8
	mostOut    = mail.MaxMessage
)

// files opens the files that are encrypted messages of their own (OpenPGP), and sets what
// comes out beside them. Whoever encrypts a file is answered as one who encrypts the
// mail, whether or not a key of ours opens it. Of a mail that is encrypted in part, no
// part is opened.
func (r *Reader) files(ctx context.Context, read *Read, now time.Time) error {
	m := read.Message
	if read.Lock != Unlocked || !slices.ContainsFunc(m.Files, func(f mail.File) bool { return armored(&f) || binary(&f) }) {
		return nil
	}
	keys, err := r.keys(ctx)
	if err != nil {
		return err
	}
	tried, left := 0, mostOut
	var out []mail.File
	for _, f := range m.Files {
		sure := armored(&f)
		if !sure && !binary(&f) {
			continue
		}
		read.Encrypted = read.Encrypted || sure
		if tried++; tried > mostOpened {
			continue
		}
		plain, err := pgp.Decrypt(f.Data, keys, nil, now)
		// That a binary file is one of these is known by its packets alone.
		read.Encrypted = read.Encrypted || err == nil || errors.Is(err, pgp.ErrNotForUs) || errors.Is(err, pgp.ErrUnprotected)
		if err != nil || len(plain.Data) > left {
			continue
		}
		left -= len(plain.Data)
		out = append(out, mail.File{Name: plainName(f.Name), Type: "application/octet-stream", Data: plain.Data})
	}
	if len(out) > 0 {
		opened := *m
		opened.Files = slices.Concat(m.Files, out)
		read.Message = &opened
	}
	return nil
}

// armored tells whether a file is an armored encrypted message, whatever it is called.
func armored(f *mail.File) bool {
	return bytes.HasPrefix(bytes.TrimSpace(f.Data), []byte("-----BEGIN PGP MESSAGE-----"))
}

// endings are those of the names of encrypted files.
var endings = []string{".asc", ".gpg", ".pgp"}

// binary tells whether a file says that it is a binary encrypted message (RFC 9580
// section 4.2: the first bit of every packet is set).
func binary(f *mail.File) bool {
	if len(f.Data) == 0 || f.Data[0]&0x80 == 0 {
		return false
	}
	return strings.EqualFold(f.Type, "application/pgp-encrypted") || slices.Contains(endings, strings.ToLower(path.Ext(f.Name)))
}

// plainName is what a file is called that came out of one with this name.
func plainName(name string) string {
	if ext := path.Ext(name); slices.Contains(endings, strings.ToLower(ext)) && len(ext) < len(name) {
		return name[:len(name)-len(ext)]
	}
	return "decrypted-" + name
}
