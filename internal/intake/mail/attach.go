package mail

import (
	"strings"

	"fairlead/internal/intake/mail/text"
)

// fileNames are what parts without a name are called, by their type.
var fileNames = map[string]string{
	"message/rfc822": "attached-message.eml", "message/global": "attached-message.eml",
	"message/delivery-status": "delivery-status.txt", "message/global-delivery-status": "delivery-status.txt",
	"message/disposition-notification": "disposition.txt", "text/rfc822-headers": "headers.txt", "message/global-headers": "headers.txt",
	"text/calendar": "invitation.ics", "application/ics": "invitation.ics", "application/ms-tnef": "winmail.dat",
	"text/plain": "text.txt", "text/html": "page.html", "text/csv": "table.csv", "text/markdown": "text.md", "text/enriched": "text.txt",
	"text/x-patch": "change.patch", "text/x-diff": "change.patch", "application/json": "data.json", "application/pdf": "document.pdf",
	"application/zip": "archive.zip", "application/gzip": "archive.gz",
	"application/pgp-keys": "key.asc", "application/pgp-signature": "signature.asc", "application/pgp-encrypted": "version.txt",
	"application/pkcs7-signature": "smime.p7s", "application/x-pkcs7-signature": "smime.p7s",
	"application/pkcs7-mime": "smime.p7m", "application/x-pkcs7-mime": "smime.p7m",
	"image/png": "image.png", "image/jpeg": "image.jpg", "image/gif": "image.gif", "image/svg+xml": "image.svg", "image/webp": "image.webp",
}

// attach makes a file of a part. An attached message stays one file: what it says is
// not what this message says.
func (r *reading) attach(e *entity) {
	name := e.fileName()
	if name == "" {
		name = fileNames[e.media.kind]
	}
	switch {
	case name != "":
	case e.media.text():
		name = "text.txt"
	default:
		name = "attachment.bin"
	}
	if e.media.in("message/rfc822", "message/global") && !strings.HasSuffix(strings.ToLower(name), ".eml") {
		name += ".eml"
	}
	kind, _ := text.Shorten(words(e.media.kind), maxName)
	r.file(name, kind, e.decoded(&r.doubts))
}
