package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"fairlead/internal/pgp"
)

// hiddenSubject is the subject that the way sees (RFC 9788 section 3.2.1, hcp_baseline).
const hiddenSubject = "[...]"

// Header fields by what becomes of them outside.
var (
	// concealed do not stand outside at all (RFC 9788 section 3.2.1), or with another value.
	concealed = map[string]bool{"subject": true, "comments": true, "keywords": true}
	// structural belong to the body that they describe (RFC 9788 section 1.7).
	structural = map[string]bool{"mime-version": true}
	// ours are made here and taken from nobody.
	ours = map[string]bool{"autocrypt": true, "hp-outer": true, "bcc": true}
)

func isStructural(name string) bool { return structural[name] || strings.HasPrefix(name, "content-") }

// Seal encrypts a whole letter (RFC 5322, header and body) to every key of to and signs it inside with signer, unless that
// is nil (RFC 3156 sections 4 and 6.2). Outside stay sender, recipients, date and threading; the subject reads "[...]". Inside
// stands the letter with all its fields (RFC 9788). With a signer the outside carries its public key (Autocrypt level 1). Bcc
// and an Autocrypt field of the letter are left out. Errors: those of pgp.Encrypt, cvd.ErrUnreadable for a letter without a readable header.
func Seal(letter []byte, to []*pgp.PublicKey, signer *pgp.PrivateKey, now time.Time) ([]byte, error) {
	fields, body, err := split(letter)
	if err != nil {
		return nil, err
	}
	outside, inside := protect(fields)
	sealed, err := pgp.Encrypt(append(inside, body...), to, nil, signer, now)
	if err != nil {
		return nil, err
	}
	carried, err := keyField(fields, signer, now)
	if err != nil {
		return nil, err
	}
	boundary := boundaryOf(sealed)
	var out bytes.Buffer
	out.Write(outside)
	out.WriteString(carried)
	fmt.Fprintf(&out, "MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n boundary=\"%s\"\r\n\r\n", boundary)
	fmt.Fprintf(&out, "--%s\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n", boundary)
	fmt.Fprintf(&out, "--%s\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\nContent-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n", boundary)
	out.Write(Canonical(sealed))
	fmt.Fprintf(&out, "\r\n--%s--\r\n", boundary)
	return out.Bytes(), nil
}

// protect gives the header that stands outside, without the fields of its body, and the one inside with its empty line.
func protect(fields []field) (outside, inside []byte) {
	var out, in, record, about bytes.Buffer
	typed := false
	for _, f := range fields {
		raw := append(bytes.TrimRight(f.raw, "\r\n"), "\r\n"...)
		switch {
		case ours[f.name], f.name == "mime-version":
		case f.name == "content-type":
			about.Write(markedType(raw))
			typed = true
		case isStructural(f.name):
			about.Write(raw)
		default:
			in.Write(raw)
			if concealed[f.name] {
				continue
			}
			out.Write(raw)
			record.WriteString("HP-Outer: ")
			record.Write(raw)
		}
	}
	out.WriteString("Subject: " + hiddenSubject + "\r\n")
	record.WriteString("HP-Outer: Subject: " + hiddenSubject + "\r\n")
	in.Write(record.Bytes())
	if !typed {
		about.Write(markedType([]byte("Content-Type: text/plain; charset=us-ascii\r\n")))
	}
	in.Write(about.Bytes())
	in.WriteString("\r\n")
	return out.Bytes(), in.Bytes()
}

// markedType says in a Content-Type field that the fields beside it are the letter's (RFC 9788 section 2.1.1). The second
// parameter says the same to programs from before that document.
func markedType(raw []byte) []byte {
	raw = bytes.TrimRight(raw, "; \t\r\n")
	return append(raw, ";\r\n hp=\"cipher\"; protected-headers=\"v1\"\r\n"...)
}

// boundaryOf makes a boundary that nobody can put into the body beforehand, and the same again for the same bytes.
func boundaryOf(b []byte) string {
	sum := sha256.Sum256(b)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// keyField carries the signer's public key for the sender's address, or is empty.
func keyField(fields []field, signer *pgp.PrivateKey, now time.Time) (string, error) {
	if signer == nil {
		return "", nil
	}
	for _, f := range fields {
		if f.name != "from" {
			continue
		}
		from, err := mail.ParseAddress(f.value())
		if err != nil {
			return "", nil //nolint:nilerr // several senders, say: such a letter carries no key
		}
		key, err := signer.Public()
		if err != nil {
			return "", err
		}
		return Autocrypt(key, from.Address, now)
	}
	return "", nil
}

// Autocrypt is the header field that gives a reader's program the key for an address (Autocrypt level 1 section 2.1),
// folded, ending in CRLF. Of the key's names only those with the address go along, if there are any.
func Autocrypt(key *pgp.PublicKey, address string, now time.Time) (string, error) {
	raw, err := key.Only(address, now)
	if err != nil {
		if raw, err = key.Binary(); err != nil {
			return "", err
		}
	}
	var out strings.Builder
	out.WriteString("Autocrypt: addr=" + address + "; prefer-encrypt=mutual; keydata=\r\n")
	for data := base64.StdEncoding.EncodeToString(raw); data != ""; {
		n := min(len(data), 76)
		out.WriteString(" " + data[:n] + "\r\n")
		data = data[n:]
	}
	return out.String(), nil
}
