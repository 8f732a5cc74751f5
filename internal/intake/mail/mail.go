// Package mail reads e-mail: the bytes of a message become what a person would
// see of it, what it answers, and whether a machine wrote it, with every limit in
// one table.
//
// It never decrypts, never checks a signature, never fetches what a message names,
// and never decides to which case a message belongs. What it cannot read it says
// so; it loses nothing, since whoever calls it keeps the bytes.
package mail

import "time"

// Message is what one e-mail says. All texts are valid UTF-8 with lines ended by LF.
type Message struct {
	ID         string // Message-ID without brackets; empty if there is none
	InReplyTo  []string
	References []string
	From       []Address // RFC 5322 section 3.6.2; From[0] is who wrote it
	ReplyTo    []Address
	To, Cc     []Address
	Delivered  []string // Delivered-To, X-Original-To and Envelope-To, topmost first
	Subject    string
	Language   string    `json:",omitempty"` // the first of Content-Language (RFC 3282)
	Date       time.Time // as the message claims it, never used for a clock; zero if unreadable
	// Text is the body for people: the text part, else the HTML made plain. Of an
	// encrypted message it is empty, unless words stand around the encrypted text; of a signed one it is there whether or not the
	// signature holds.
	Text string
	// HTML says that Text was made from HTML.
	HTML  bool
	Files []File
	// Auto is why no machine may answer it and it opens no case by itself; empty
	// for a person's mail (RFC 3834 section 2).
	Auto Auto
	// Delivery is what a delivery status notification reports (RFC 3464); nil for
	// any other message.
	Delivery *Delivery
	// Cipher is how the message is encrypted or signed.
	Cipher Cipher
	// Closed says that something in it is encrypted, but not so that it is opened: a part
	// among others, several armored messages, a broken one, or one in HTML.
	Closed bool `json:",omitempty"`
	// Before and After are the words around an encrypted text (CipherPGPInline). Anybody
	// on the way may have written them.
	Before string `json:",omitempty"`
	After  string `json:",omitempty"`
	// Sealed is what somebody with the right key reads on: an armored or binary OpenPGP
	// message, a clear-signed text, or a CMS structure, encrypted or with its content
	// inside of the signature. CMS stands in Files too. What comes out goes to Inner.
	Sealed []byte
	// Signed and Signature are, of multipart/signed, the exact octets that were
	// signed (CRLF line ends) and the detached signature.
	Signed, Signature []byte
	// Autocrypt is the key data of the one valid Autocrypt header whose address is
	// that of From (Autocrypt level 1 section 2.1), binary; nil if there is none.
	Autocrypt []byte
	// Results are the Authentication-Results fields, topmost first, unparsed.
	Results []string
	// Spam is the verdict of an upstream filter, as its header says it: anybody can write
	// such a header, but nobody gains anything by it.
	Spam bool
	// Received counts the Received fields.
	Received int
	// Doubts are what could not be read of it, in plain words, without any of its
	// content.
	Doubts []string
}

// Address is a mailbox. Name is a stranger's text.
type Address struct{ Name, Email string }

// File is one attachment, in memory: a message is bounded.
type File struct {
	Name string // as the sender called it; never a path
	Type string // the media type it claims
	Data []byte
}

// Auto is why a message counts as written by a machine.
type Auto string

// The reasons, in the order in which they are looked for.
const (
	AutoNull      Auto = "null-sender" // the envelope's sender is <>
	AutoReport    Auto = "delivery-status"
	AutoSubmitted Auto = "auto-submitted" // Auto-Submitted other than no
	AutoList      Auto = "list"           // List-* or Precedence: list
	AutoBulk      Auto = "bulk"           // Precedence: bulk or junk
	AutoSuppress  Auto = "suppress"       // X-Auto-Response-Suppress
	AutoSender    Auto = "sender"         // mailer-daemon, noreply, owner-*, *-request and their like
)

// Delivery is one notice of what became of a message.
type Delivery struct {
	// Failed says that at least one recipient will not get it.
	Failed bool
	// Status is the enhanced status code of the first failure, such as 5.1.1 (RFC 3463).
	Status string
	// Original is the Message-ID of the message that came back, if the notice tells it.
	Original string
	// Recipient is the final recipient of the first failure.
	Recipient string
}

// Cipher is how a message is protected.
type Cipher string

// The kinds of protection that a message may have.
const (
	CipherNone      Cipher = ""
	CipherPGP       Cipher = "pgp-encrypted"    // multipart/encrypted (RFC 3156 section 4)
	CipherPGPInline Cipher = "pgp-inline"       // one armored message in the text
	CipherPGPSigned Cipher = "pgp-signed"       // multipart/signed (RFC 3156 section 5)
	CipherPGPClear  Cipher = "pgp-clear-signed" // a clear-signed text part
	CipherCMS       Cipher = "cms-encrypted"    // application/pkcs7-mime, enveloped (RFC 8551 section 3.3)
	CipherCMSSigned Cipher = "cms-signed"       // multipart/signed or pkcs7-mime signed-data
)

// Envelope is what the transport said, beside the message itself.
type Envelope struct {
	From string   // MAIL FROM, without brackets; empty is the null sender
	To   []string // the recipients that we took it for
	Peer string   // the address of the client, without port; empty if nobody knows
	Helo string
	TLS  bool
	// Null says that From is empty because the sender said so, not because the door
	// does not know.
	Null bool
}
