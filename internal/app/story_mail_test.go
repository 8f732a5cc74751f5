package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/app/post"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
	"fairlead/internal/policy"
)

// names answers for the DNS of a story: every domain sends its mail from 192.0.2.0/24,
// as its SPF record says. away: nobody answers.
type names struct{ away bool }

var errAway = &net.DNSError{Err: "server misbehaving", IsTemporary: true}

func (n *names) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case n.away:
		return nil, errAway
	case strings.HasPrefix(name, "_dmarc."):
		return []string{"v=DMARC1; p=reject"}, nil
	case strings.Contains(name, "_domainkey"):
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return []string{"v=spf1 ip4:192.0.2.0/24 -all"}, nil
}

func (n *names) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, n.none() }
func (n *names) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return nil, n.none()
}
func (n *names) LookupAddr(context.Context, string) ([]string, error) { return nil, n.none() }

func (n *names) none() error {
	if n.away {
		return errAway
	}
	return &net.DNSError{Err: "no such host", IsNotFound: true}
}

// dns away|back   whether name servers answer
func storyDNS(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "dns away|back")
	of(ts).dns.away = args[0] == "away"
}

var fromLine = regexp.MustCompile(`(?mi)^From:.*?([^\s<>]+@[^\s<>]+)`)

// mail NAME FILE [sender:ADDRESS] [to:ADDRESS…] [door:DOOR] [encrypted:KEY] [armor:KEY] [WORD=VALUE…]
// hands in a message, as it came from where requests come from, and lets the house sort
// it. The envelope's sender is that of From, or empty with "sender:". WORD is replaced
// in the file; LETTER stands for the Message-ID of the latest letter to the reporter of
// the latest case. What is encrypted to a KEY goes to one that was kept before; armor:
// stands for the secret, encrypted to it, where the file says ARMOR. A case that it opens is NAME's.
func storyMail(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "mail NAME FILE [sender:ADDRESS] [to:ADDRESS…] [door:DOOR] [encrypted:KEY] [armor:KEY] [WORD=VALUE…]")
	s := of(ts)
	raw, err := os.ReadFile(ts.MkAbs(args[1]))
	check(ts, err)
	text := string(raw)
	if strings.Contains(text, "LETTER") {
		text = strings.ReplaceAll(text, "LETTER", s.letter(ts))
	}
	it := inbox.Item{Door: "smtp", Received: s.h.Options.Clock.Now(), Envelope: mail.Envelope{Peer: s.remote}}
	key := ""
	for _, a := range args[2:] {
		kind, given, named := strings.Cut(a, ":")
		word, value, replaced := strings.Cut(a, "=")
		switch {
		case named && kind == "encrypted":
			key = given
		case named && kind == "armor":
			text = strings.ReplaceAll(text, "ARMOR", s.armor(ts, given))
		case named && kind == "sender":
			it.Envelope.From, it.Envelope.Null = given, given == ""
		case named && kind == "to":
			it.Envelope.To = append(it.Envelope.To, given)
		case named && kind == "door":
			it.Door = given
			if given == "lmtp" { // only a server of our own speaks that
				it.Envelope.Peer = ""
			}
		case replaced:
			text = strings.ReplaceAll(text, word, value)
		default:
			ts.Fatalf("%s is no word of this command", a)
		}
	}
	if it.Envelope.To == nil {
		it.Envelope.To = []string{"security@example.org"}
	}
	if m := fromLine.FindStringSubmatch(text); m != nil && it.Envelope.From == "" && !it.Envelope.Null {
		it.Envelope.From = m[1]
	}
	it.Raw = []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	if key != "" {
		it.Raw = s.encrypt(ts, it.Raw, key)
	}
	s.deliver(ts, args[0], it)
}

// deliver takes a message in as a door does, and lets it be sorted.
func (s *story) deliver(ts *testscript.TestScript, name string, it inbox.Item) {
	ctx := context.Background()
	known := &post.Addresses{Policy: func() *policy.Policy { return s.h.Book.Current().Policy }}
	for _, to := range it.Envelope.To {
		program, err := known.Program(to)
		check(ts, err)
		if it.Program == "" {
			it.Program = program
		}
	}
	before := s.ids(ts)
	_, err := s.h.Inbox.Accept(ctx, it)
	check(ts, err)
	check(ts, s.h.Turn(ctx))
	for _, id := range s.ids(ts) {
		if !slices.Contains(before, id) {
			s.cases[name] = id
			ts.Setenv("CASE", id)
		}
	}
	if m := fromLine.FindSubmatch(it.Raw); m != nil {
		s.mails[name] = string(m[1])
	}
}

// ids are those of all cases.
func (s *story) ids(ts *testscript.TestScript) []string {
	var page struct{ Cases []struct{ Case string } }
	body := s.quietly(ts, false, request("GET", "/api/v1/cases?limit=200", s.bearer(ts, "mara"), nil)).Body.Bytes()
	check(ts, json.Unmarshal(body, &page))
	var out []string
	for _, c := range page.Cases {
		out = append(out, c.Case)
	}
	return out
}

var messageID = regexp.MustCompile(`(?mi)^Message-ID: <([^>]+)>`)

// letter is the Message-ID of the latest letter to the reporter of the latest case.
func (s *story) letter(ts *testscript.TestScript) string {
	all, err := s.sent()
	check(ts, err)
	for _, one := range all {
		if string(one.Case) != ts.Getenv("CASE") || one.To != string(cvd.Reporter) {
			continue
		}
		if m := messageID.FindStringSubmatch(one.Text); m != nil {
			return m[1]
		}
	}
	ts.Fatalf("no letter went to the reporter of %s", ts.Getenv("CASE"))
	return ""
}

// encrypt puts a message around itself, encrypted to a key that was remembered.
func (s *story) encrypt(ts *testscript.TestScript, raw []byte, name string) []byte {
	key, ok := s.keys[name]
	if !ok {
		ts.Fatalf("keep %s comes before", name)
	}
	out, err := letter.Seal(raw, []*pgp.PublicKey{key.PublicKey}, nil, key.at)
	check(ts, err)
	return out
}

// armor is a short text, encrypted to a key that was remembered.
func (s *story) armor(ts *testscript.TestScript, name string) string {
	key, ok := s.keys[name]
	if !ok {
		ts.Fatalf("keep %s comes before", name)
	}
	out, err := pgp.Encrypt([]byte("quetzalcode\n"), []*pgp.PublicKey{key.PublicKey}, nil, nil, key.at)
	check(ts, err)
	return strings.TrimSpace(string(out))
}

// claim NAME   uses the code in the answer to NAME's first mail, and so gets a receipt
func storyClaim(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "claim NAME")
	s, ctx := of(ts), context.Background()
	all, err := s.sent()
	check(ts, err)
	for _, one := range all {
		if string(one.Case) != s.cases[args[0]] || one.To != string(cvd.Reporter) || one.Seq != 1 {
			continue
		}
		n, err := s.h.Desk.As(cvd.System).Notice(ctx, one.Effect)
		check(ts, err)
		got, err := s.h.Desk.As(cvd.Stranger).Claim(ctx, n.Mail.Claim)
		if neg == (err == nil) {
			ts.Fatalf("claimed: %v", err)
		}
		s.codes[args[0]] = got.Receipt
		return
	}
	ts.Fatalf("no answer went to %s", args[0])
}

// bounce NAME STATUS   the latest letter to NAME comes back: to its own bounce address,
// with a delivery status notification (RFC 3464).
func storyBounce(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "bounce NAME STATUS")
	s := of(ts)
	ts.Setenv("CASE", s.cases[args[0]])
	id := s.letter(ts)
	action := "failed"
	if strings.HasPrefix(args[1], "4") {
		action = "delayed"
	}
	raw := fmt.Sprintf("From: MAILER-DAEMON@mx.example.net\nTo: security@example.org\nSubject: Undelivered Mail\nMessage-ID: <%d@mx.example.net>\nAuto-Submitted: auto-replied\n"+
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nIt came back.\n"+
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n\n"+
		"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <%s>\nSubject: x\n\n--b--\n", s.h.Options.Clock.Now().UnixNano(), s.mails[args[0]], action, args[1], id)
	s.deliver(ts, args[0], inbox.Item{
		Door: "smtp", Received: s.h.Options.Clock.Now(), Raw: []byte(strings.ReplaceAll(raw, "\n", "\r\n")),
		Envelope: mail.Envelope{Null: true, To: []string{"security@example.org"}, Peer: s.remote},
	})
}

// shelf MEMBER SHELF [COUNT]   prints a shelf of mail as JSON, and counts it
func storyShelf(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "shelf MEMBER SHELF [COUNT]")
	s := of(ts)
	body := s.ask(ts, neg, request("GET", "/api/v1/mail?shelf="+args[1], s.bearer(ts, args[0]), nil))
	if neg {
		return
	}
	var page struct{ Mail []struct{ ID string } }
	check(ts, json.Unmarshal(body, &page))
	if len(page.Mail) > 0 {
		ts.Setenv("MAIL", page.Mail[0].ID)
	}
	if len(args) > 2 && args[2] != fmt.Sprint(len(page.Mail)) {
		ts.Fatalf("%d mails stand there, not %s", len(page.Mail), args[2])
	}
}

// sort MEMBER open|add|discard KEY=VALUE…   deals with the newest mail of the shelf that
// was looked at last
func storySort(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "sort MEMBER open|add|discard KEY=VALUE…")
	s := of(ts)
	body := s.ask(ts, neg, request("POST", "/api/v1/mail/"+ts.Getenv("MAIL")+"/"+args[1], s.bearer(ts, args[0]), pairs(ts, args[2:])))
	var a struct{ Case string }
	if !neg && json.Unmarshal(body, &a) == nil && a.Case != "" {
		ts.Setenv("CASE", a.Case)
		check(ts, s.h.Turn(context.Background()))
	}
}

// held NAME   sets HELD to the number of the mail that waits in NAME's case; "! held":
// none waits.
func storyHeld(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "held NAME")
	s := of(ts)
	ts.Setenv("CASE", s.cases[args[0]])
	c, err := s.h.Desk.As(s.actor("mara")).Case(context.Background(), cvd.CaseID(s.cases[args[0]]))
	check(ts, err)
	switch n := len(c.Case.HeldMail); {
	case neg && n > 0:
		ts.Fatalf("%d mails wait", n)
	case !neg && n == 0:
		ts.Fatalf("no mail waits")
	case !neg:
		ts.Setenv("HELD", fmt.Sprint(c.Case.HeldMail[n-1]))
	}
}

// keep KEY   remembers the team's OpenPGP key as it is now, for mail that is encrypted to
// it later; "keep strange" makes one that is nobody's here.
func storyKeep(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1, "keep KEY")
	s := of(ts)
	now := s.h.Options.Clock.Now()
	if args[0] == "strange" {
		key, err := pgp.Generate("Somebody", "somebody@example.com", now.Add(-time.Hour), 24*time.Hour)
		check(ts, err)
		public, err := key.Public()
		check(ts, err)
		s.keys[args[0]] = heldKey{public, now}
		return
	}
	armored, err := s.h.PublicKey(context.Background())
	check(ts, err)
	key, err := pgp.ReadPublic(armored)
	check(ts, err)
	s.keys[args[0]] = heldKey{key, now}
}

// heldKey is a key that was good at an instant.
type heldKey struct {
	*pgp.PublicKey
	at time.Time
}
