package inbox

import (
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/store"
)

// head is what the record of a message holds beside its bytes.
type head struct {
	Door     string          `json:"door"`
	Received time.Time       `json:"received"`
	From     string          `json:"from,omitempty"` // of the envelope
	To       []string        `json:"to"`
	Peer     string          `json:"peer,omitempty"`
	Helo     string          `json:"helo,omitempty"`
	TLS      bool            `json:"tls,omitempty"`
	Null     bool            `json:"null,omitempty"`
	Size     int64           `json:"size"`
	File     *cvd.Attachment `json:"file,omitempty"` // of a large one: the blob, and its key
	Program  string          `json:"program,omitempty"`
	Origin   string          `json:"origin,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Case     cvd.CaseID      `json:"case,omitempty"`
	Author   string          `json:"author,omitempty"` // of From, as the shelf shows it
	Subject  string          `json:"subject,omitempty"`
	By       string          `json:"by,omitempty"` // the member who put it where it is
	Note     string          `json:"note,omitempty"`
}

func headOf(it *Item) head {
	e := it.Envelope
	return head{
		Door: it.Door, Received: it.Received, From: e.From, To: e.To, Peer: e.Peer, Helo: e.Helo, TLS: e.TLS, Null: e.Null,
		Size: int64(len(it.Raw)), Program: it.Program, Origin: it.Origin,
	}
}

func (h *head) item(rec store.Record) *Item {
	return &Item{
		ID: rec.ID, Door: h.Door, Received: h.Received, Size: h.Size, State: State(rec.Owner), Expires: rec.Expires,
		Envelope: mail.Envelope{From: h.From, To: h.To, Peer: h.Peer, Helo: h.Helo, TLS: h.TLS, Null: h.Null},
		Reason:   h.Reason, Case: h.Case, From: h.Author, Subject: h.Subject, Program: h.Program, Origin: h.Origin,
		By: h.By, Note: h.Note,
	}
}

func (b *Box) openHead(rec store.Record) (*head, error) {
	h := &head{}
	return h, b.Vault.Read(rec, h)
}
