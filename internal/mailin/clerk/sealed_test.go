package clerk_test

import (
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
)

// What came encrypted in any way is a case that counts as encrypted, or waits with its
// reason: nothing of it is a plain report, which would be answered in the clear.
func TestWhatIsEncryptedInPart(t *testing.T) {
	h := open(t, nil)
	team, err := pgp.Generate("Example", "security@example.org", start.Add(-time.Hour), 24*time.Hour)
	must(t, err)
	public, err := team.Public()
	must(t, err)
	h.keys = func() ([]*pgp.PrivateKey, error) { return []*pgp.PrivateKey{team}, nil }
	sealed, err := pgp.Encrypt([]byte("The quetzal.\n"), []*pgp.PublicKey{public}, nil, nil, start)
	must(t, err)
	block := strings.ReplaceAll(string(sealed), "\r\n", "\n")
	mail := func(id, more, body string) string {
		return "From: Ann <ann@example.net>\nTo: security@example.org\nSubject: x\nMIME-Version: 1.0\nMessage-ID: <" + id + "@example.net>\n" + more + "\n" + body
	}
	entity := "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\n\n--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--e\nContent-Type: application/octet-stream\n\n" + block + "\n--e--\n"
	listed := func(id, more string) string {
		return mail(id, more+"Content-Type: multipart/mixed; boundary=b\n", "--b\n"+entity+"\n--b\n\nA footer.\n--b--\n")
	}
	h.sorted(mail("inline", "", "Hi,\n\n"+block+"\n-- \nA footer.\n"))
	h.sorted(listed("listed", ""))
	h.sorted(mail("two", "", block+"\n"+block))
	h.sorted(mail("html", "Content-Type: text/html\n", "<pre>"+block+"</pre>"))
	h.sorted(listed("answer", "In-Reply-To: <inline@example.net>\n"))
	if got := h.state(); got != "case of 2 events, received, mail-held, unsorted locked-part, unsorted locked-part, unsorted locked-part" {
		t.Fatal(got)
	}
	var id cvd.CaseID
	must(t, h.disk.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Cases(store.Filter{Limit: 1})
		id = rows[0].ID
		return err
	}))
	f, err := h.desk.As(h.lead).Case(ctx, id)
	must(t, err)
	for i := range f.Events {
		if b := f.Events[i].Body; b == nil || b.Mail == nil || !b.Mail.Encrypted {
			t.Errorf("%s does not count as encrypted", f.Events[i].Type)
		}
	}
	if text := f.Events[0].Body.Report.Description; !strings.Contains(text, "\nThe quetzal.") || !strings.Contains(text, "| Hi,") || !strings.Contains(text, "| A footer.") {
		t.Errorf("%q", text)
	}
	all, err := h.box.List(ctx, inbox.Unsorted, nil, 10)
	must(t, err)
	for _, it := range all {
		if it.From != "ann@example.net" || it.Subject != "x" {
			t.Errorf("%+v", it)
		}
	}
}

// A header that is too long says so, and hides nobody's name.
func TestLongHeader(t *testing.T) {
	h := open(t, nil)
	big := "X-Big: x\n" + strings.Repeat(" xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 10000)
	h.sorted("From: Ann <ann@example.net>\nSubject: =?utf-8?Q?Log=20in?=\n bypass\n" + big + "\nwords\n")
	h.sorted(big + "From: Ann <ann@example.net>\nSubject: Log in bypass\nFrom: eve@example.net\n\nSubject: words\n")
	h.sorted(strings.Repeat("X-One: 1\n", 1001) + "From: Ann <ann@example.net>\nSubject: Log in bypass\n\nwords\n")
	all, err := h.box.List(ctx, inbox.Unsorted, nil, 10)
	must(t, err)
	if len(all) != 3 {
		t.Fatal(h.state())
	}
	for _, it := range all {
		if it.Reason != "long-header" || it.From != "ann@example.net" || it.Subject != "Log in bypass" {
			t.Errorf("%s: from %q, about %q", it.Reason, it.From, it.Subject)
		}
	}
}
