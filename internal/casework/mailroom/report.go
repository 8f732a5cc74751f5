package mailroom

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake"
	"fairlead/internal/intake/mail"
)

// Report is what a mail says as a report: its subject is the title, its text the
// description, whoever wrote it the reporter. What is over a limit is cut here and
// stands whole in the mail, which the case keeps. wordless stands in for the text of
// a mail that has none.
func Report(m *mail.Message, program, key, wordless string) *cvd.Report {
	r := &cvd.Report{
		Program: program, Title: line(m.Subject, intake.Most("title")), Description: paragraphs(m.Text, intake.Most("description")),
		Reporter: &cvd.Contact{PGPKey: key},
	}
	if cvd.Blank(r.Description) {
		r.Description = wordless
	}
	if len(m.From) > 0 {
		r.Reporter.Name = line(m.From[0].Name, intake.Most("reporter.name"))
		if a := m.From[0].Email; intake.Address(a) && utf8.RuneCountInString(a) <= intake.Most("reporter.email") {
			r.Reporter.Email = a
		}
	}
	if intake.Language(m.Language) {
		r.Reporter.Language = m.Language
	}
	if utf8.RuneCountInString(r.Reporter.PGPKey) > intake.Most("reporter.pgp_key") {
		r.Reporter.PGPKey = ""
	}
	return r
}

// Words are what a mail says in a case: its text without the quotation of what it
// answers at its end, or wordless where it has none.
func Words(m *mail.Message, wordless string) string {
	text := paragraphs(mail.Fresh(m.Text), intake.MaxMessage)
	if cvd.Blank(text) {
		return wordless
	}
	return text
}

// cut marks where a text was over its limit.
const cut = "\n[…]"

// paragraphs keeps of a stranger's text what may stand in a case, at most so many
// characters.
func paragraphs(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r < 0x20 || (r >= 0x7f && r < 0xa0)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-utf8.RuneCountInString(cut)]) + cut
	}
	return s
}

// line keeps of a stranger's text what may stand in one line.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// Subject and Sender are a mail as lists show it: one line each, of bounded length.
func Subject(m *mail.Message) string {
	if m == nil {
		return ""
	}
	return line(m.Subject, 200)
}

// Sender is the address of From, or the name where there is no address.
func Sender(m *mail.Message) string {
	if m == nil || len(m.From) == 0 {
		return ""
	}
	return line(cmp.Or(m.From[0].Email, m.From[0].Name), 254)
}

// Author is the address of whoever wrote the mail; empty unless From names exactly
// one.
func Author(m *mail.Message) string {
	if m == nil || len(m.From) != 1 || !intake.Address(m.From[0].Email) {
		return ""
	}
	return m.From[0].Email
}

// Mail is how words came, for the case that they go into.
func Mail(it *inbox.Item, read *Read, proof cvd.Proof) *cvd.Mail {
	m := &cvd.Mail{
		Item: it.ID, At: it.Received, Door: it.Door, Proof: proof, Signature: read.Signature, Signer: read.Signer, Encrypted: read.Encrypted, Unfit: read.Unfit, Raw: it.Raw,
	}
	if read.Message == nil {
		return m
	}
	m.MessageID, m.From, m.Subject = read.Message.ID, Author(read.Message), Subject(read.Message)
	for _, f := range read.Message.Files {
		m.Files = append(m.Files, cvd.MailFile{Name: f.Name, Data: f.Data})
	}
	return m
}

// Key makes what becomes of a mail happen once, whoever does it.
func Key(it *inbox.Item) *casework.Once {
	sum := sha256.Sum256(it.Raw)
	return &casework.Once{Key: "mail/" + it.ID, Digest: hex.EncodeToString(sum[:])}
}
