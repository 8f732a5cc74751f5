// Package inbox keeps every mail that came in, sealed, from the moment a door has
// taken it over until its words stand in a case; and what nobody could place, on
// shelves that the desk shows. It also keeps how each door is doing.
//
// It never reads a message, never decides where it belongs, and never drops one: a
// message leaves by being filed, by a member, or when the time that its shelf is
// kept has run out.
package inbox

import (
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/store"
)

// State is where a message is.
type State string

// The states of a message.
const (
	Waiting  State = "waiting"  // taken over, not looked at yet
	Unsorted State = "unsorted" // the shelf of what could not be read or placed
	Spam     State = "spam"     // the shelf of what an upstream filter called spam
	Aside    State = "aside"    // read and needs nobody: automatic replies, lists, duplicates
	Filed    State = "filed"    // its words are in a case, and it is gone from here
)

// Kind is the kind of the records that hold the messages; their owner is the state.
const Kind store.RecordKind = "mail"

// Item is one message.
type Item struct {
	ID       string // random, 128 bits in hex
	Door     string // smtp, lmtp, imap/NAME
	Received time.Time
	Envelope mail.Envelope
	Raw      []byte
	State    State
	// Reason is why it stands on its shelf, as a name in the message catalogue.
	Reason string
	// Case is where it seems to belong, of one that is on a shelf.
	Case cvd.CaseID
	// From and Subject are for the shelf's list; empty while it waits.
	From, Subject string
	Program       string // by the recipient's address; empty if that does not tell
	// Origin names the message where its door found it; accepting the same origin again
	// is once. Empty: the door hands each message over once by itself.
	Origin string
}
