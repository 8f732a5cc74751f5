package mailroom

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/cvd"
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
