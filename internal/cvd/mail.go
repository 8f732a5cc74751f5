package cvd

import "time"

// Mail is how words of a case came by e-mail, and what was found out about the
// sender. It names them, so it is sealed under a key that is dropped when they are
// forgotten.
type Mail struct {
	Item      string    `json:"item,omitempty"`       // its id in the inbox
	MessageID string    `json:"message_id,omitempty"` // without its brackets
	From      string    `json:"from,omitempty"`       // the address of From
	Subject   string    `json:"subject,omitempty"`
	At        time.Time `json:"at"`   // when a door of ours, or the mailbox that it polls, had it
	Door      string    `json:"door"` // smtp, lmtp, imap/NAME, import
	Proof     Proof     `json:"proof"`
	// Signature is what the OpenPGP or S/MIME signature says, if there is one; Signer
	// is the fingerprint of the key that made it.
	Signature SignatureState `json:"signature,omitempty"`
	Signer    string         `json:"signer,omitempty"`
	Encrypted bool           `json:"encrypted,omitempty"`
	// Unfit is why the sender's OpenPGP key that came with it is not used: expired,
	// revoked, or unfit for encryption. Empty where one is, or none came.
	Unfit string `json:"unfit,omitempty"`
	// Raw is the message as it came. Whoever hands a mail in gives it here; what is
	// large is then moved to a sealed file, which File names.
	Raw    []byte      `json:"raw,omitempty"`
	File   *Attachment `json:"file,omitempty"`
	Digest string      `json:"digest,omitempty"` // SHA-256 of the message without its header, in hex
	// Unanswered is why a report got no automatic answer: suppressed, not-named,
	// doubtful.
	Unanswered string `json:"unanswered,omitempty"`
	// Held is why it waits for a member's nod, as a name in the message catalogue;
	// Admitted is the member who gave it.
	Held     string `json:"held,omitempty"`
	Admitted string `json:"admitted,omitempty"`
	// Left counts the files that stand only in the message as it came, because the
	// policy takes no more or no larger ones.
	Left int `json:"left,omitempty"`
	// Files are those that came with it, on the way in; then they are attachments.
	Files []MailFile `json:"-"`
}

// Who wrote the words of an old mailbox.
const (
	AuthorReporter = "reporter" // whoever opened the thread from outside
	AuthorTeam     = "team"
	AuthorOther    = "other"
)

// ChannelImported is the channel of what came out of an old mailbox.
const ChannelImported = "imported"

// MailFile is a file that came with a mail. Name is the sender's, and never a path.
type MailFile struct {
	Name string
	Data []byte
}

// KeyOffer is an OpenPGP key that came with a participant's mail and is another than
// the one on record. It is not used unless a member says so.
type KeyOffer struct {
	Seq         int64  `json:"seq"` // the event that holds it
	Fingerprint string `json:"fingerprint"`
}

// SignatureState is what became of checking a signature.
type SignatureState string

// The states of a signature.
const (
	SignatureGood    SignatureState = "good"    // by the key that is known for this participant
	SignatureFirst   SignatureState = "first"   // by a key of the sender's that came with the mail itself, seen for the first time: it gives no rights
	SignatureUnknown SignatureState = "unknown" // by a key that nobody vouches for
	SignatureBad     SignatureState = "bad"     // it does not fit the text
)

// Proof is what is known about the domain that a mail names as its sender's, in
// the result words of RFC 8601 section 2.7.
type Proof struct {
	SPF    string `json:"spf,omitempty"`
	DKIM   string `json:"dkim,omitempty"`
	DMARC  string `json:"dmarc,omitempty"`
	Policy string `json:"policy,omitempty"` // what that domain asks to be done where DMARC fails: none, quarantine, reject
	Domain string `json:"domain,omitempty"` // of From
	// Aligned says that SPF or DKIM passed for the domain of From (RFC 7489 section 3.1).
	Aligned bool `json:"aligned,omitempty"`
	// Loose says that it is aligned by a DKIM signature alone which leaves fields out
	// that name the case: somebody may have sent an old mail again with others.
	Loose bool   `json:"loose,omitempty"`
	By    string `json:"by,omitempty"` // who checked it: empty for us, else the authserv-id believed
}
