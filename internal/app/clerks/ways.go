package clerks

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/intake"
	"fairlead/internal/mailin/clerk"
)

// ways lists the channels as they are configured.
func (c Config) ways() []channels.Way {
	out := []channels.Way{{Name: "web", Kind: "web", Server: true}, {Name: "api", Kind: "api", Server: true}}
	if c.SMTP || (c.Mail != nil && c.Mail.SMTP != nil) {
		out = append(out, channels.Way{Name: "smtp", Kind: "smtp", Send: c.byDoor("smtp")})
	}
	if c.Mail != nil && c.Mail.LMTP != "" {
		out = append(out, channels.Way{Name: "lmtp", Kind: "lmtp", Send: c.byDoor("lmtp")})
	}
	if c.Mail != nil {
		for i := range c.Mail.IMAP {
			w := channels.Way{Name: "imap/" + c.Mail.IMAP[i].Name, Kind: "imap"}
			// Which address leads to a mailbox, only a mailbox that is an address tells.
			switch to := c.Mail.IMAP[i].Username; {
			case c.Relay == nil:
				w.Untestable = "channel.untestable.relay"
			case !intake.Address(to):
				w.Untestable = "channel.untestable.address"
			default:
				w.Send = c.byRelay(func() string { return to })
			}
			out = append(out, w)
		}
	}
	if c.Relay != nil {
		w := channels.Way{Name: "relay", Kind: "mail-out", Out: true, Figures: c.figures, Untestable: "channel.untestable.back"}
		if c.Mail.In() {
			w.Send, w.Untestable = c.byRelay(c.address), ""
		}
		out = append(out, w)
	}
	if c.Mail != nil && c.Mail.ClamAV != "" {
		out = append(out, channels.Way{Name: clerk.Scanner, Kind: "clamav", Out: true, Untestable: "channel.untestable.use"})
	}
	if c.CVE {
		out = append(out, channels.Way{Name: "cve-services", Kind: "cve", Out: true, Figures: c.figures, Untestable: "channel.untestable.use"})
	}
	return out
}

// figures are those of the outbox, which carries all that goes out.
func (c Config) figures(ctx context.Context, d *inbox.Door) error {
	s, err := c.Outbox(ctx)
	if err != nil {
		return err
	}
	d.Backlog = s.Pending
	if s.Dead > 0 && d.Errors == 0 {
		d.Error, d.Failed = "channel.dead-letters", time.Time{} // as it is now, not when
	}
	return nil
}

func (c Config) byDoor(door string) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		to := c.address()
		if to == "" || c.Local == nil {
			return fmt.Errorf("%w: no address to test with", cvd.ErrUnavailable)
		}
		return c.Local(ctx, door, to, to, c.probe(id, to, to))
	}
}

func (c Config) byRelay(address func() string) func(context.Context, string) error {
	return func(ctx context.Context, id string) error {
		to := address()
		if to == "" {
			return fmt.Errorf("%w: no address to test with", cvd.ErrUnavailable)
		}
		return c.Relay(ctx, c.Mail.From, to, id, c.probe(id, c.Mail.From, to))
	}
}

// probe is a test as a message. It says to whoever finds it what it is.
func (c Config) probe(id, from, to string) []byte {
	v := c.Words.In()
	if p := c.Policy(); p != nil {
		v = c.Words.In(p.Languages...)
	}
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", from},
		{"To", to},
		{"Subject", mime.QEncoding.Encode("utf-8", v.Say("channel.probe.subject"))},
		{"Message-ID", "<" + id + ">"},
		{"Date", c.Now().UTC().Format(time.RFC1123Z)},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 section 5
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	_, _ = q.Write([]byte(v.Say("channel.probe.text") + "\n")) // a buffer never fails
	_ = q.Close()
	return b.Bytes()
}
