package mailroom_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/intake"
	"fairlead/internal/intake/mail"
	"fairlead/internal/words"
)

func TestReport(t *testing.T) {
	m := &mail.Message{Subject: "Heap  overflow\n in\u202e x", Text: "Send a\x00 long name.\r\n", From: []mail.Address{{Name: "Ann\x07 Example", Email: "ann@example.net"}}}
	r := mailroom.Report(m, "main", "", "none")
	if r.Title != "Heap overflow in x" || r.Description != "Send a long name." || r.Reporter.Name != "Ann Example" || r.Reporter.Email != "ann@example.net" || r.Program != "main" {
		t.Errorf("%+v %+v", r, r.Reporter)
	}
	if r := mailroom.Report(&mail.Message{From: []mail.Address{{Email: "no address"}}}, "", "", "no words"); r.Description != "no words" || r.Reporter.Email != "" {
		t.Errorf("%+v %+v", r, r.Reporter)
	}
}

// Whatever a stranger writes, the report that is made of it passes the limits that
// hold for every other door.
func TestReportIsWithinTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &mail.Message{
			Subject: rapid.String().Draw(t, "subject"), Text: strings.Repeat(rapid.String().Draw(t, "text"), rapid.IntRange(1, 3000).Draw(t, "times")),
			From: []mail.Address{{Name: rapid.String().Draw(t, "name"), Email: rapid.String().Draw(t, "email")}},
		}
		r := mailroom.Report(m, "", "", "-")
		for field, s := range map[string]string{"title": r.Title, "reporter.name": r.Reporter.Name, "reporter.email": r.Reporter.Email} {
			if utf8.RuneCountInString(s) > intake.Most(field) || strings.ContainsAny(s, "\n\r\x00") {
				t.Errorf("%s is not within its limits", field)
			}
		}
		if _, err := intake.Message("description", r.Description, intake.Most("description")); err != nil {
			t.Errorf("the description would be refused: %v", err)
		}
	})
}

// Whatever kept a mail closed, the case that is opened from it says so in one line.
func TestEveryLockHasItsLine(t *testing.T) {
	book, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lock := range []mailroom.Lock{mailroom.NoKey, mailroom.Exposed, mailroom.Broken, mailroom.SMIME, mailroom.Part} {
		if id := "mail.unread." + string(lock); !book.In("en").Has(id) || strings.Contains(book.In("en").Say(id), "\n") {
			t.Errorf("%s is not said in one line", id)
		}
	}
}
