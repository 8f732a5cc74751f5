package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"

	"github.com/emersion/go-smtp"
)

// The stages at which a mail can fail.
const (
	StageAddress   = "address"   // before anybody was asked
	StageSeal      = "encrypt"   // before anybody was asked: it may only go out encrypted
	StageConnect   = "connect"   // the relay cannot be reached
	StageGreet     = "greet"     // it answers, but not as a relay, or not under TLS
	StageSignIn    = "sign in"   // it does not know us
	StageSender    = "sender"    // it refuses the envelope's sender
	StageRecipient = "recipient" // it refuses the recipient
	StageContent   = "content"   // it refuses the message, or was cut off
)

// Failure is why a mail did not leave. Its text may name a person, so it is
// kept sealed; the log gets what LogValue returns.
type Failure struct {
	Stage string
	Code  int // of the relay's answer (RFC 5321 section 4.2); 0 without one
	Text  string
	Final bool // no further try can help
	Cause error
}

// Error says where and why.
func (f *Failure) Error() string {
	s := "mail: " + f.Stage
	if f.Code != 0 {
		s += fmt.Sprintf(": the relay answered %d", f.Code)
	}
	if f.Text != "" {
		s += ": " + f.Text
	}
	return s
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Permanent tells whether no further try can help.
func (f *Failure) Permanent() bool { return f.Final }

// LogValue tells stage and code, and what the network said; no words of the
// relay, for they may name the recipient.
func (f *Failure) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("stage", f.Stage)}
	if f.Code != 0 {
		attrs = append(attrs, slog.Int("code", f.Code))
	} else if f.Stage == StageConnect || f.Stage == StageGreet {
		attrs = append(attrs, slog.String("cause", f.Text))
	}
	return slog.GroupValue(attrs...)
}

// failed makes a failure of what the relay or the network answered at a stage.
// Only a 5yz about this recipient or this message is final (RFC 5321 section
// 4.2.1). One about us, such as a wrong password, is mended by the operator, and
// then the mail must still be there.
func failed(stage string, err error) *Failure {
	f := &Failure{Stage: stage, Text: clean(err.Error()), Cause: err}
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		f.Code, f.Text = answer.Code, clean(answer.Message)
		f.Final = answer.Code/100 == 5 && (stage == StageRecipient || stage == StageContent)
	}
	return f
}

// clean makes a stranger's line harmless to whoever shows it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if rs := []rune(s); len(rs) > 300 {
		s = string(rs[:300])
	}
	return strings.TrimSpace(s)
}

// Refusal is one recipient whom a mail did not reach.
type Refusal struct {
	To  string
	Err error
}

// Unsent lists the recipients whom a mail did not reach; others may have it.
type Unsent []Refusal

// Error names each recipient and what happened.
func (u Unsent) Error() string {
	lines := make([]string, len(u))
	for i, r := range u {
		lines[i] = r.To + ": " + r.Err.Error()
	}
	return strings.Join(lines, "\n")
}

// Permanent tells whether no further try can help any of them.
func (u Unsent) Permanent() bool {
	for _, r := range u {
		p, ok := errors.AsType[interface {
			error
			Permanent() bool
		}](r.Err)
		if !ok || !p.Permanent() {
			return false
		}
	}
	return true
}

// LogValue tells how many were not reached, and why the first was not.
func (u Unsent) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("recipients", len(u))}
	if f, ok := errors.AsType[*Failure](u[0].Err); ok {
		attrs = append(attrs, slog.Any("first", f.LogValue()))
	}
	return slog.GroupValue(attrs...)
}
