// Package imap fetches the mail of mailboxes on other people's servers: whatever
// arrived there since the last look is handed to the inbox, and only when that has
// it is the message marked as seen.
//
// It never deletes a message, never reads what one says, never decides where it
// belongs, and has no loop of its own: whoever holds the clock turns it.
package imap

import (
	"context"
	"time"

	"fairlead/internal/inbox"
)

// Box takes messages over. When Accept returns nil, the message is kept for good;
// one of an origin that was taken over before is the same message.
type Box interface {
	Accept(ctx context.Context, it inbox.Item) (id string, err error)
}

// Marks remembers how far each mailbox was read.
type Marks interface {
	// Mark is the zero value for a mailbox that was never read.
	Mark(ctx context.Context, door, mailbox string) (Mark, error)
	Keep(ctx context.Context, door, mailbox string, m Mark) error
}

// Mark is how far one mailbox was read (RFC 9051 section 2.3.1.1: UIDs ascend, and
// mean something only under their UIDVALIDITY).
type Mark struct {
	Validity uint32 `json:"validity"`
	// Last is the highest UID that was looked at. What stands at or below it was taken
	// over, or is listed in Owed, or was none of ours.
	Last uint32 `json:"last"`
	// Owed are UIDs that the inbox did not take, to be tried again.
	Owed []uint32 `json:"owed,omitempty"`
	// Old and Since tell what was there before us: a message up to the UID Old that
	// arrived before Since and that somebody has read is none of ours.
	Old   uint32    `json:"old"`
	Since time.Time `json:"since"`
}

// Notes hears how each round went.
type Notes interface{ NoteDoor(n inbox.Note) }

// TooLarge is the reason on the shelf of a message over the limit, as a name in the
// message catalogue.
const TooLarge = "too-large"

// Server is one connection to a server. Each call ends at the latest when its
// limit in time has run out. After an error other than a Refusal the connection is
// of no use any more.
type Server interface {
	// Open chooses the mailbox that the other calls speak of. next is the UID that the
	// next message will get, or 0 if the server does not say.
	Open(ctx context.Context, mailbox string) (validity, next uint32, err error)
	// List tells of those of the messages also that are still there, and of the lowest
	// most messages above a UID, by ascending UID; left is how many more there are.
	List(ctx context.Context, above uint32, also []uint32, most int) (found []Found, left int, err error)
	// Fetch reads messages, each up to limit bytes, or only their headers. It leaves no
	// trace on the server. What has gone meanwhile is missing from the answer.
	Fetch(ctx context.Context, of []Found, limit int64, headers bool) (map[uint32]Message, error)
	// Done marks messages as seen, and then moves them if a mailbox is named.
	Done(ctx context.Context, uids []uint32, move string) error
	Close() error
}

// Found is a message as it was listed.
type Found struct {
	UID     uint32
	Size    int64
	Seen    bool
	Arrived time.Time // INTERNALDATE: when the server got it
}

// Message is what was fetched of one.
type Message struct {
	Raw []byte
	Cut bool // there was more than the limit
}

// Refusal is a server's no to one command; the connection goes on.
type Refusal struct {
	Command string
	Code    string // RFC 9051 section 7.1; empty if there was none
}

// Error tells the command and the code. A server's own text stays out: it may repeat
// anything.
func (r *Refusal) Error() string {
	s := "the server refused " + r.Command
	if r.Code != "" {
		s += " (" + r.Code + ")"
	}
	return s
}
