package mail

import (
	"bytes"
	"slices"
	"strings"

	"fairlead/internal/intake/mail/text"
)

// protected reads a message that is encrypted or signed as a whole, and tells whether
// it did. A part that is so is none of this: only a whole is decrypted, so that no
// words of a stranger can stand around what somebody else has encrypted.
func (r *reading) protected(e *entity) bool {
	switch {
	case e.media.kind == "multipart/encrypted":
		return r.encrypted(e)
	case e.media.kind == "multipart/signed":
		return r.signedWhole(e)
	case e.media.in("application/pkcs7-mime", "application/x-pkcs7-mime"), e.media.kind == "application/octet-stream" && strings.HasSuffix(strings.ToLower(e.fileName()), ".p7m"):
		r.cms(e)
		return true
	case e.media.kind == "multipart/mixed":
		return r.mangled(e)
	}
	return false
}

// encrypted reads multipart/encrypted.
func (r *reading) encrypted(e *entity) bool {
	if !r.sealed(r.cutParts(e)) {
		r.doubts.add(doubtCipher)
		r.m.Closed = true
		return false
	}
	return true
}

// sealed takes the two parts of an encrypted message: which version, and the message
// (RFC 3156 section 4).
func (r *reading) sealed(list []*entity) bool {
	if len(list) != 2 || list[0].media.kind != "application/pgp-encrypted" || !versionOne(list[0].decoded(&r.doubts)) {
		return false
	}
	message := bytes.TrimSpace(list[1].decoded(&r.doubts))
	if len(message) == 0 {
		return false
	}
	r.m.Cipher, r.m.Sealed = CipherPGP, message
	return true
}

func versionOne(b []byte) bool {
	return slices.ContainsFunc(strings.Split(string(b), "\n"), func(line string) bool {
		name, value, _ := strings.Cut(line, ":")
		return strings.EqualFold(strings.TrimSpace(name), "version") && strings.TrimSpace(value) == "1"
	})
}

// mangled reads what some servers make of multipart/encrypted: the same two parts in
// multipart/mixed, behind a text without a word.
func (r *reading) mangled(e *entity) bool {
	if !bytes.Contains(bytes.ToLower(e.body), []byte("application/pgp-encrypted")) {
		return false
	}
	list := slices.DeleteFunc((&reading{}).cutParts(e), func(p *entity) bool {
		var aside doubts
		return p.media.in("text/plain", "text/html") && strings.TrimSpace(text.HTML(string(p.decoded(&aside)), maxQuotes)) == ""
	})
	return len(list) == 2 && list[1].media.kind == "application/octet-stream" && r.sealed(list)
}

var signatureKinds = map[string]Cipher{
	"application/pgp-signature":   CipherPGPSigned,
	"application/pkcs7-signature": CipherCMSSigned, "application/x-pkcs7-signature": CipherCMSSigned,
}

// signedWhole reads multipart/signed (RFC 3156 section 5, RFC 8551 section 3.5.3). Its
// words are shown whether or not the signature holds; that is for others to check.
func (r *reading) signedWhole(e *entity) bool {
	raw, _, ok := e.parts(&r.doubts)
	if !ok || len(raw) != 2 {
		r.doubts.add(doubtCipher)
		return false
	}
	first, err1 := cut(raw[0], &r.doubts)
	second, err2 := cut(raw[1], &r.doubts)
	if err1 != nil || err2 != nil {
		r.doubts.add(doubtCipher)
		return false
	}
	kind, signature := signatureKinds[second.media.kind], second.decoded(&r.doubts)
	if kind == CipherPGPSigned { // the other one is binary, where a blank is a byte like others
		signature = bytes.TrimSpace(signature)
	}
	if kind == CipherNone || len(signature) == 0 || len(raw[0]) == 0 {
		r.doubts.add(doubtCipher)
		return false
	}
	r.m.Cipher, r.m.Signed, r.m.Signature = kind, canonical(raw[0]), signature
	r.parts += 2
	c := r.part(first, 0, e.media.kind)
	r.m.Closed = r.m.Closed || c.cryptic()
	r.finish(c)
	return true
}

// canonical ends every line with CRLF, as a signature covers it (RFC 3156 section 5).
func canonical(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/32)
	for i, c := range b {
		if c == '\n' && (i == 0 || b[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// The object identifiers by which a CMS structure says what it is, as DER.
var (
	oidSigned    = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	oidEnveloped = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03}
)

// cms reads application/pkcs7-mime (RFC 8551 section 3.2). It is a file too, since not
// everybody who is handed it can open it.
func (r *reading) cms(e *entity) {
	data := e.decoded(&r.doubts)
	if r.m.Cipher = cmsKind(e, data); r.m.Cipher != CipherNone {
		r.m.Sealed = data
	} else {
		r.doubts.add(doubtCipher)
	}
	r.attach(e)
}

// cmsKind is what a CMS structure is, as it says.
func cmsKind(e *entity, data []byte) Cipher {
	start := data[:min(len(data), 32)]
	kind := strings.ToLower(e.media.params["smime-type"])
	switch {
	case len(data) == 0:
		return CipherNone
	case kind == "signed-data", kind == "" && bytes.Contains(start, oidSigned):
		return CipherCMSSigned
	case kind == "enveloped-data", kind == "authenveloped-data", kind == "" && bytes.Contains(start, oidEnveloped):
		return CipherCMS
	}
	return CipherNone
}

// cryptic tells whether a part among others is encrypted: what a mailing list, a server
// on the way or somebody who wants it decrypted for them has made of a whole message.
func cryptic(parent, e *entity) bool {
	switch {
	case parent.media.kind == "multipart/encrypted", e.media.kind == "multipart/encrypted":
		return true
	case e.media.kind == "application/pgp-encrypted": // else it is a file that somebody encrypted by itself
		var aside doubts
		return versionOne(e.decoded(&aside))
	case e.media.in("application/pkcs7-mime", "application/x-pkcs7-mime"), e.media.kind == "application/octet-stream" && strings.HasSuffix(strings.ToLower(e.fileName()), ".p7m"):
		var aside doubts
		return cmsKind(e, e.decoded(&aside)) == CipherCMS
	}
	return false
}

// cutParts cuts the parts of an entity; nil if one of them cannot be read.
func (r *reading) cutParts(e *entity) []*entity {
	raw, _, _ := e.parts(&r.doubts)
	var list []*entity
	for _, one := range raw {
		p, err := cut(one, &r.doubts)
		if err != nil {
			return nil
		}
		list = append(list, p)
	}
	return list
}
