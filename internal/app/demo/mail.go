package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
	"fairlead/internal/policy"
	"fairlead/internal/store"
)

// invented answers in place of the DNS while a demo is furnished: the domains of its
// people send their mail from the networks that are kept for examples (RFC 5737).
type invented struct{}

func (invented) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, "example.net") {
		return []string{"v=spf1 ip4:192.0.2.0/24 -all"}, nil
	}
	return nil, errNoName
}
func (invented) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, errNoName }
func (invented) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, errNoName }
func (invented) LookupAddr(context.Context, string) ([]string, error)       { return nil, errNoName }

var errNoName = &net.DNSError{Err: "no such host", IsNotFound: true}

// letters is what came by mail: two reports, an answer that waits for a member's nod, a
// mail that nobody could place, and a letter of ours that came back.
func (s *seeder) letters(p *policy.Policy) {
	to := "security@example.org"
	if boxes := p.Mailboxes(); len(boxes) > 0 {
		to = boxes[0].Address
	}
	name, version := product(p, 1)
	s.mail("by-mail", 50*time.Hour, "noor@example.net", to, func() string {
		return message("Noor Aziz <noor@example.net>", to, "Path traversal in the backup import", "backup-1@example.net", "",
			"Hello,\n\nthe import of backups follows names such as ../../etc/passwd, so a backup that somebody\nelse made can write outside of its folder. Seen with "+name+" "+version+" on Linux.\n\nI can send such a file if you tell me where to.\n\nNoor\n")
	})
	s.do("by-mail", 47*time.Hour, &s.Member, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you, Noor. We have it and look into it this week. An answer to this mail reaches us, or use the page; a file is welcome by either."})
	s.mail("by-mail", 20*time.Hour, "noor.aziz@example.com", to, func() string {
		return message("Noor Aziz <noor.aziz@example.com>", to, "Re: Path traversal in the backup import", "phone-2@example.com", "backup-1@example.net",
			"Writing from my phone: 4.1 does it too.\n\nNoor\n")
	})
	s.mail("unreachable", 30*time.Hour, "kim@example.net", to, func() string {
		return message("Kim Halvorsen <kim@example.net>", to, "Password reset links do not expire", "reset-1@example.net", "",
			"A link to reset a password still worked after three weeks. I think it should not.\n\nKim\n")
	})
	s.mail("", 29*time.Hour, "", to, func() string { return s.returned(to, s.named["unreachable"].Case) })
	s.mail("", 6*time.Hour, "visitor@example.com", to, func() string { return s.locked(to) })
}

// mail hands a message in and lets it be sorted; what it opens is called name.
func (s *seeder) mail(name string, ago time.Duration, from, to string, text func() string) {
	s.acts = append(s.acts, act{ago, func(ctx context.Context) error {
		before, err := s.opened(ctx)
		if err != nil {
			return err
		}
		id, err := s.h.Inbox.Accept(ctx, inbox.Item{
			Door: "smtp", Received: s.h.Options.Clock.Now(), Raw: []byte(strings.ReplaceAll(text(), "\n", "\r\n")),
			Envelope: mail.Envelope{From: from, Null: from == "", To: []string{to}, Peer: "192.0.2.25", Helo: "mx.example.net", TLS: true},
		})
		if err == nil { // now; what it makes is carried with all the rest
			_, err = s.h.Clerks.Clerk.Carry(ctx, casework.Effect{Effect: cvd.Effect{Kind: cvd.EffectSortMail, Template: id}})
		}
		if err != nil {
			return err
		}
		after, err := s.opened(ctx)
		for id := range after {
			if !before[id] {
				s.named[name] = casework.Accepted{Case: id}
			}
		}
		return err
	}})
}

// opened are all cases.
func (s *seeder) opened(ctx context.Context) (map[cvd.CaseID]bool, error) {
	out := map[cvd.CaseID]bool{}
	err := s.h.Store.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Cases(store.Filter{Limit: 500})
		for _, row := range rows {
			out[row.ID] = true
		}
		return err
	})
	return out, err
}

func message(from, to, subject, id, answers, text string) string {
	head := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s>\n", from, to, subject, id)
	if answers != "" {
		head += fmt.Sprintf("In-Reply-To: <%s>\nReferences: <%s>\n", answers, answers)
	}
	return head + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + text
}

// returned is the notice that a letter of ours could not be delivered (RFC 3464).
func (s *seeder) returned(to string, id cvd.CaseID) string {
	return "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: " + to + "\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <returned-1@mx.example.net>\nAuto-Submitted: auto-replied\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=part\n\n" +
		"--part\nContent-Type: text/plain\n\nThe mailbox does not exist.\n" +
		"--part\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; kim@example.net\nAction: failed\nStatus: 5.1.1\n\n" +
		"--part\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + post.Ref(s.h.Vault, id, 1) + "@localhost>\n\n--part--\n"
}

// locked is a mail that is encrypted to a key that nobody here has.
func (s *seeder) locked(to string) string {
	now := s.h.Options.Clock.Now()
	plain := message("A visitor <visitor@example.com>", to, "Something about your update server", "locked-1@example.com", "", "Your update server signs whatever it is sent.\n")
	key, err := pgp.Generate("Somebody else", "somebody@example.com", now.Add(-day), 365*day)
	var public *pgp.PublicKey
	if err == nil {
		public, err = key.Public()
	}
	var sealed []byte
	if err == nil {
		sealed, err = letter.Seal([]byte(strings.ReplaceAll(plain, "\n", "\r\n")), []*pgp.PublicKey{public}, nil, now)
	}
	if err != nil {
		panic(errors.Join(errors.New("demo: a letter of the script cannot be sealed"), err)) // what it is made of is fixed
	}
	return strings.ReplaceAll(string(sealed), "\r\n", "\n")
}
