package notify_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"fairlead/internal/goldentest"
	"fairlead/internal/notify"
)

// An invitation reads as it should, and what the outbox keeps of it accepts nothing.
func TestInvitation(t *testing.T) {
	i := notify.Invitation{
		To: "nia@example.net", Organisation: "Harbour Light\r\nBcc: x@example.com", By: "Ada Lead", URL: "https://security.example.org/desk/sign-in/invitation#code=secret",
		Until: noon.Add(72 * time.Hour), Zone: berlin,
	}
	p := &pocket{}
	cfg := configured(nil)
	cfg.Sender = p
	kept := string(must(must(notify.New(cfg)).Invite(t.Context(), "invite/x", i)))
	if len(p.sent) != 1 || p.sent[0].To != i.To {
		t.Fatalf("%+v", p.sent)
	}
	goldentest.Is(t, "testdata/invite.golden", p.sent[0].Bytes)
	cfg.Sender = notify.Keep{}
	alone := string(must(must(notify.New(cfg)).Invite(t.Context(), "invite/x", i)))
	for _, text := range []string{kept, alone} {
		if strings.Contains(text, "secret") || !strings.Contains(text, "Ada Lead invites you") {
			t.Error(text)
		}
	}
	cfg.Sender = &pocket{fail: func(notify.Message) error { return io.ErrUnexpectedEOF }}
	if text, err := must(notify.New(cfg)).Invite(t.Context(), "invite/x", i); err == nil || strings.Contains(string(text), "secret") {
		t.Errorf("%s, %v", text, err)
	}
	i.To = "no address"
	if _, err := must(notify.New(cfg)).Invite(t.Context(), "invite/x", i); !permanent(err) {
		t.Error(err)
	}
}
