package view

import (
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// Mail is how words of a case came by e-mail, for the team.
type Mail struct {
	From      string             `json:"from" doc:"As the mail says; see proof."`
	Subject   string             `json:"subject,omitempty"`
	MessageID string             `json:"message_id,omitempty"`
	At        time.Time          `json:"at" doc:"When it reached a door of ours, or the mailbox."`
	Door      string             `json:"door"`
	Proof     cvd.Proof          `json:"proof" doc:"What is known about the domain that it names as its sender's."`
	Encrypted bool               `json:"encrypted,omitempty"`
	Signature cvd.SignatureState `json:"signature,omitempty" enum:"good,first,unknown,bad" doc:"first: by a key of the sender's that came with the mail itself, seen for the first time; it gives no rights."`
	Signer    string             `json:"signer,omitempty" doc:"Fingerprint of the key that made the signature."`
	Unfit     string             `json:"unfit,omitempty" enum:"expired,revoked,unfit" doc:"Why the sender's OpenPGP key that came with it is not used."`
	Held      string             `json:"held,omitempty" doc:"Why it waits for a member's nod."`
	Admitted  string             `json:"admitted,omitempty" doc:"Who took it as the reporter's words."`
	Left      int                `json:"left,omitempty" doc:"Files that stand only in the message as it came."`
}

func mailOf(m *cvd.Mail) *Mail {
	if m == nil {
		return nil
	}
	return &Mail{
		From: m.From, Subject: m.Subject, MessageID: m.MessageID, At: m.At, Door: m.Door, Proof: m.Proof,
		Encrypted: m.Encrypted, Signature: m.Signature, Signer: m.Signer, Unfit: m.Unfit, Held: m.Held, Admitted: m.Admitted, Left: m.Left,
	}
}

func filesOf(all []cvd.Attachment) []File {
	var out []File
	for i := range all {
		out = append(out, *FileOf(&all[i]))
	}
	return out
}

// Post is what mail asks of the team in a case.
type Post struct {
	Held        []int64       `json:"held,omitempty" doc:"The events of mails that wait for a member's nod."`
	Undelivered time.Time     `json:"undelivered_since,omitzero" doc:"Since when letters to the reporter come back."`
	Key         *cvd.KeyOffer `json:"key,omitempty" doc:"A key that came with the reporter's mail and is not used until a member trusts it."`
}

// PostOf is nil where mail asks nothing.
func PostOf(f *casework.File) *Post {
	p := Post{f.Case.HeldMail, f.Case.Undelivered, f.Case.Offer}
	if len(p.Held) == 0 && p.Undelivered.IsZero() && p.Key == nil {
		return nil
	}
	return &p
}
