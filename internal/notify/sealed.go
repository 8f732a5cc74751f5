package notify

import (
	"bufio"
	"bytes"
	"context"
	"errors"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"

	"fairlead/internal/pgp"
)

// obscured stands outside of an encrypted letter for its subject (RFC 9788 section
// 3.2.1).
const obscured = "[...]"

// sealed makes the draft an encrypted letter (RFC 3156 section 4) with its subject
// inside (RFC 9788), or fails. Nothing of the text is in the draft unless it is
// encrypted.
func (m *Mail) sealed(ctx context.Context, s script, from *mail.Address, d *draft) error {
	key, err := m.usable(s)
	if err != nil {
		return err
	}
	clear, err := m.plain(s.write(), s.n, from, d)
	if err != nil {
		return err
	}
	made, err := m.cfg.Seal(ctx, clear, key)
	if err != nil {
		return &Failure{Stage: StageSeal, Text: "the letter could not be encrypted: " + clean(err.Error()), Cause: err}
	}
	head, err := outside(made)
	if err != nil {
		return &Failure{Stage: StageSeal, Text: "the letter was not sent, since what came out of the encryption is no encrypted letter", Cause: err}
	}
	d.kept = append(bytes.Clone(head), "\r\n"+s.Say("letter.outbox.sealed", "key", key.Fingerprint())+"\r\n"...)
	if m.cfg.Sign != nil {
		made, err = m.cfg.Sign(made)
	}
	d.bytes = made
	return err
}

// usable is the reporter's key, if a letter can be encrypted to it now. There is no
// other way to send this one, so without a key it is given up.
func (m *Mail) usable(s script) (*pgp.PublicKey, error) {
	if m.cfg.Seal == nil {
		return nil, &Failure{Stage: StageSeal, Text: "this letter may only go out encrypted, and this server cannot encrypt"}
	}
	refuse := func(why string) (*pgp.PublicKey, error) {
		return nil, &Failure{Stage: StageSeal, Text: "not sent, since this letter may only go out encrypted: " + why, Final: true}
	}
	if s.n.Mail.Key == "" {
		if why := troubles[pgp.Trouble(s.n.Mail.Unfit)]; why != "" {
			return refuse("the key that came with the reporter's mail " + why + ", and no other is known")
		}
		return refuse("no key of the reporter is known")
	}
	key, err := pgp.ReadPublic([]byte(s.n.Mail.Key))
	if err != nil {
		return refuse("the reporter's key cannot be read")
	}
	if why := troubles[key.Trouble(s.now)]; why != "" {
		return refuse("the reporter's key " + why)
	}
	return key, nil
}

// troubles are what is wrong with a key, in words for the outbox.
var troubles = map[pgp.Trouble]string{
	pgp.Expired: "has expired", pgp.Revoked: "was revoked by its owner", pgp.Unfit: "is not made for encryption, or not good yet",
}

// outside is the header that everybody may read, of an encrypted letter; of anything
// else, an error.
func outside(made []byte) ([]byte, error) {
	head, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(made)))
	if err != nil {
		return nil, err
	}
	h := mail.Header{Header: message.Header{Header: head}}
	kind, params, err := h.ContentType()
	if err != nil || kind != "multipart/encrypted" || params["protocol"] != "application/pgp-encrypted" || h.Get("Subject") != obscured {
		return nil, errors.New("no encrypted letter")
	}
	end := bytes.Index(made, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, errors.New("no body")
	}
	return made[:end+2], nil
}
