package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/web/webtest"
)

// strange is a mail that tries to break the page.
const strange = "From: \"<b>Ann</b>\" <ann@example.net>\r\nTo: security@example.org\r\nSubject: <script>alert(1)</script> overflow\r\n" +
	"Message-ID: <one@example.net>\r\nDate: Tue, 03 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nSee <img src=x onerror=alert(1)> here.\r\n" +
	"--b\r\nContent-Type: text/html; name=\"../proof.html\"\r\nContent-Disposition: attachment; filename=\"../proof.html\"\r\n\r\n<p>quetzal</p>\r\n--b--\r\n"

// shelved takes a mail in and puts it on a shelf.
func shelved(h *webtest.House, raw string, f inbox.Filing) string {
	ctx := context.Background()
	id, err := h.Box.Accept(ctx, inbox.Item{Door: "smtp", Envelope: mail.Envelope{From: "ann@example.net", To: []string{"security@example.org"}, Peer: "192.0.2.7"}, Raw: []byte(raw)})
	if err == nil {
		err = h.Box.Move(ctx, id, f)
	}
	if err != nil {
		h.T.Fatal(err)
	}
	return id
}

func TestMailShelves(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	if text := lead.Get("/desk/mail").Check(h, 200).Text(); !strings.Contains(text, "every mail was placed") {
		t.Errorf("an empty shelf: %s", text)
	}
	id := shelved(h, strange, inbox.Filing{State: inbox.Unsorted, Reason: "locked-no-key", From: "ann@example.net", Subject: "<script>alert(1)</script> overflow", Case: "FL-2026-7KQ4MXZ"})
	shelved(h, strange, inbox.Filing{State: inbox.Spam, Reason: "spam"})
	page := lead.Get("/desk/mail").Check(h, 200)
	whole(t, "the shelf", page)
	for _, want := range []string{"Mail 1", "<script>alert(1)</script> overflow", "encrypted to a key that we do not have", "seems to belong to", "FL-2026-7KQ4MXZ", "Spam 1"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the shelf does not say %q: %s", want, page.Text())
		}
	}
	if text := lead.Get("/desk/mail?shelf=spam").Check(h, 200).Text(); !strings.Contains(text, "unknown sender") || !strings.Contains(text, "(no subject)") {
		t.Errorf("spam: %s", text)
	}
	lead.Get("/desk/mail?shelf=filed").Check(h, 422)

	page = lead.Get("/desk/mail/"+id).Check(h, 200)
	whole(t, "one mail", page)
	for _, want := range []string{"<b>Ann</b> <ann@example.net>", "<img src=x onerror=alert(1)>", "proof.html", "192.0.2.7", "one@example.net", "Open a case from it", "Download .eml"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the mail does not show %q: %s", want, page.Text())
		}
	}
	if strings.Contains(page.Body, "<img src=x") || strings.Contains(page.Body, "<b>Ann") {
		t.Error("a stranger's words are markup")
	}
	file := lead.Get("/desk/mail/"+id+"/files/0").Check(h, 200)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || strings.Contains(got, "..") || !strings.Contains(file.Body, "quetzal") {
		t.Errorf("%q", got)
	}
	lead.Get("/desk/mail/"+id+"/files/9").Check(h, 404)
	if raw := lead.Get("/desk/mail/"+id+"/raw").Check(h, 200); raw.Body != strange || raw.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the mail is not as it came: %q", raw.Body)
	}
	if text := in(h, "member@example.org").Get("/desk/mail/"+id).Check(h, 200).Text(); !strings.Contains(text, "Read by: Lena Lead") {
		t.Errorf("the look is not recorded: %s", text)
	}
}

func TestMailIsSetAside(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	id := shelved(h, strange, inbox.Filing{State: inbox.Unsorted, Reason: "empty", From: "ann@example.net", Subject: "x"})
	at := "/desk/mail/" + id
	if text := lead.Post(at+"/discard", form("reason", " ")).Check(h, 422).Text(); !strings.Contains(text, "is empty") {
		t.Errorf("%s", text)
	}
	if text := lead.Post(at+"/add", form("case", "zz")).Check(h, 422).Text(); !strings.Contains(text, "is no case id") {
		t.Errorf("%s", text)
	}
	lead.Post(at+"/discard", form("reason", "an advertisement")).Check(h, 303)
	if text := lead.Get("/desk/mail").Check(h, 200).Text(); strings.Contains(text, "Mail 1") {
		t.Errorf("it still waits: %s", text)
	}
	aside := lead.Get("/desk/mail?shelf=aside").Check(h, 200)
	whole(t, "what is set aside", aside)
	if text := aside.Text(); !strings.Contains(text, "Lena Lead set it aside: an advertisement") || !strings.Contains(text, "destroyed on ") {
		t.Errorf("nobody can see who set it aside and why, or until when it is kept: %s", text)
	}
	// A second thought is possible, but not a second discarding.
	lead.Get(at).Check(h, 200)
	lead.Post(at+"/discard", form("reason", "again")).Check(h, 409)
}

func TestMailIsForTheTeam(t *testing.T) {
	h := house(t)
	id := shelved(h, strange, inbox.Filing{State: inbox.Unsorted, Reason: "empty"})
	auditor := in(h, "auditor@example.org")
	if body := auditor.Get("/desk/mail/"+id).Check(h, 200).Body; strings.Contains(body, `method="post" action="/desk/mail`) {
		t.Error("an auditor is offered to change something")
	}
	auditor.Post("/desk/mail/"+id+"/discard", form("reason", "x")).Check(h, 404)
	for _, who := range []string{"fixer@example.org", "officer@example.org"} {
		other := in(h, who)
		for _, at := range []string{"/desk/mail", "/desk/mail/" + id, "/desk/mail/" + id + "/raw", "/desk/mail/" + id + "/files/0"} {
			other.Get(at).Check(h, 404)
		}
		if strings.Contains(other.Get("/desk/me").Check(h, 200).Body, "/desk/mail") {
			t.Errorf("%s is led to the mail", who)
		}
	}
	// What waits to be sorted is on no shelf.
	waiting, err := h.Box.Accept(context.Background(), inbox.Item{Door: "smtp", Raw: []byte(strange)})
	if err != nil {
		t.Fatal(err)
	}
	in(h, "lead@example.org").Get("/desk/mail/"+waiting).Check(h, 404)
}

func TestChannels(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	h.Box.NoteDoor(inbox.Note{Door: "smtp", Opened: true, Message: true})
	page := lead.Get("/desk/channels").Check(h, 200)
	whole(t, "the channels", page)
	for _, want := range []string{"smtp", "works", "not tested yet", "part of this server", "its username is no address"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the page does not say %q: %s", want, page.Text())
		}
	}
	lead.Post("/desk/channels/test", form("channel", "smtp")).Check(h, 303)
	if len(h.Tests) != 1 {
		t.Fatalf("%d tests were sent", len(h.Tests))
	}
	if text := lead.Get("/desk/channels").Check(h, 200).Text(); !strings.Contains(text, "test under way") {
		t.Errorf("%s", text)
	}
	h.Pass(20 * time.Minute)
	if text := lead.Get("/desk/channels").Check(h, 200).Text(); !strings.Contains(text, "the test did not arrive") || !strings.Contains(text, "none has arrived") || strings.Contains(text, "not tested yet") {
		t.Errorf("%s", text)
	}
	// What went wrong is told as long as it goes wrong, and as past after that.
	h.Box.NoteDoor(inbox.Note{Door: "imap/old", Opened: true, Err: "no such mailbox"})
	if text := lead.Get("/desk/channels").Check(h, 200).Text(); !strings.Contains(text, "no such mailbox") || strings.Contains(text, "over now") {
		t.Errorf("%s", text)
	}
	h.Box.NoteDoor(inbox.Note{Door: "imap/old", Worked: true})
	if text := lead.Get("/desk/channels").Check(h, 200).Text(); !strings.Contains(text, "last trouble, over now: no such mailbox") {
		t.Errorf("%s", text)
	}
	lead.Post("/desk/channels/test", form("channel", "web")).Check(h, 404)
	auditor := in(h, "auditor@example.org")
	if strings.Contains(auditor.Get("/desk/channels").Check(h, 200).Body, "/desk/channels/test") {
		t.Error("an auditor is offered a test")
	}
	auditor.Post("/desk/channels/test", form("channel", "smtp")).Check(h, 404)
	in(h, "fixer@example.org").Get("/desk/channels").Check(h, 404)
}

// Whoever wrote what nobody here can read waits too: a case opens from it, and says so.
func TestACaseOpensFromWhatCannotBeRead(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	raw := "From: Ann <ann@example.net>\r\nTo: security@example.org\r\nSubject: ...\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n" +
		"--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nwV4D\r\n-----END PGP MESSAGE-----\r\n--b--\r\n"
	at := "/desk/mail/" + shelved(h, raw, inbox.Filing{State: inbox.Unsorted, Reason: "locked-no-key", From: "ann@example.net"})
	if text := lead.Get(at).Check(h, 200).Text(); !strings.Contains(text, "Open a case from it") || !strings.Contains(text, "Then ask for the mail again from the case") {
		t.Errorf("nothing says what to do: %s", text)
	}
	page := lead.Get(lead.Post(at+"/open", form()).Check(h, 303).Header.Get("Location")).Check(h, 200)
	whole(t, "its case", page)
	for _, want := range []string{"This mail could not be read: it is encrypted to a key that we do not have.", "ann@example.net", "encrypted"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("the case does not say %q: %s", want, page.Text())
		}
	}
	lead.Get(at).Check(h, 404)

	at = "/desk/mail/" + shelved(h, "\x01\x02\x03\x00\x04", inbox.Filing{State: inbox.Unsorted, Reason: "unreadable"})
	if text := lead.Get(at).Check(h, 200).Text(); strings.Contains(text, "Open a case from it") {
		t.Errorf("a case of nothing is offered: %s", text)
	}
	lead.Post(at+"/open", form()).Check(h, 409)
}
