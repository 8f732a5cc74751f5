// Package mail is the part of the API about what came by mail and stands in no case:
// what its operations are, and the shape in which they show a mail.
//
// It never looks anything up.
package mail

import (
	"net/http"
	"slices"
	"time"

	"fairlead/internal/api/asked"
	"fairlead/internal/api/openapi"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/words"
)

const (
	path = "/api/v1/mail"
	one  = path + "/{mail}"
)

// Problems that the operations share.
var (
	missing = http.StatusNotFound
	unread  = []int{missing, http.StatusConflict, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
)

func shelves() []string {
	var out []string
	for _, s := range mailroom.Shelves {
		out = append(out, string(s))
	}
	return out
}

// The operations.
var (
	List = openapi.Operation{
		Method: http.MethodGet, Path: path, Access: openapi.ByToken, Name: "mail", Status: http.StatusOK, Gives: Shelf{}, Also: []int{missing, http.StatusUnprocessableEntity},
		Query: []openapi.Query{
			{Name: "shelf", Of: shelves(), About: "unsorted, if left out."},
			{Name: "after", About: "The next of the page before."},
		},
		Short: "A shelf of mail", Long: "What came by mail and stands in no case, newest first. For leads, members and auditors.",
	}
	Show = openapi.Operation{
		Method: http.MethodGet, Path: one, Access: openapi.ByToken, Name: "one-mail", Status: http.StatusOK, Gives: Letter{}, Also: []int{missing},
		Short: "One mail of a shelf", Long: "Its headers, text and files, without the bytes of files. The look is recorded.",
	}
	Raw = openapi.Operation{
		Method: http.MethodGet, Path: one + "/raw", Access: openapi.ByToken, Name: "raw-mail", Status: http.StatusOK, Media: "application/octet-stream", Also: []int{missing},
		Short: "One mail as it came", Long: "The look is recorded.",
	}
	Open = openapi.Operation{
		Method: http.MethodPost, Path: one + "/open", Access: openapi.ByToken, Name: "open-mail", Status: http.StatusCreated, Gives: Opened{}, Also: unread,
		Body:  &openapi.Body{Of: Opening{}, Optional: true},
		Short: "Open a case from a mail", Long: "As a report by its sender, received when the mail came. Of one that cannot be decrypted the description says so and why, the case keeps the mail as it came, and the answer goes out encrypted or not at all: where no key of the sender is known, post.undelivered_since is set. For leads and members.",
	}
	Add = openapi.Operation{
		Method: http.MethodPost, Path: one + "/add", Access: openapi.ByToken, Name: "add-mail", Status: http.StatusOK, Gives: Added{}, Also: unread,
		Body:  &openapi.Body{Of: Adding{}, Needs: []string{"case"}},
		Short: "Add a mail to a case", Long: "As the words of the reporter, vouched for by you. For leads and members.",
	}
	Discard = openapi.Operation{
		Method: http.MethodPost, Path: one + "/discard", Access: openapi.ByToken, Name: "discard-mail", Status: http.StatusNoContent, Also: unread,
		Body:  &openapi.Body{Of: asked.Reason{}, Needs: []string{"reason"}},
		Short: "Set a mail aside", Long: "It moves to the shelf aside, and stays there until the time of that shelf is over. For leads and members.",
	}
)

// Opening says how a case is opened.
type Opening struct {
	Program string `json:"program,omitempty" doc:"Left out: the one that the mail was sent to."`
}

// Opened is the new case.
type Opened struct {
	Case     cvd.CaseID         `json:"case"`
	Received time.Time          `json:"received_at"`
	Promises []casework.Promise `json:"promises"`
}

// Adding says where a mail belongs.
type Adding struct {
	Case string `json:"case"`
}

// Added is where the mail stands now.
type Added struct {
	Case cvd.CaseID `json:"case"`
}

// Standing is one mail of a list.
type Standing struct {
	ID       string     `json:"id"`
	Shelf    string     `json:"shelf"`
	Received time.Time  `json:"received_at"`
	Door     string     `json:"door" doc:"By which it came: smtp, lmtp, or imap/ and the mailbox's name."`
	From     string     `json:"from,omitempty"`
	Subject  string     `json:"subject,omitempty"`
	Reason   string     `json:"reason" doc:"Why it stands there, as a stable name."`
	Why      string     `json:"why" doc:"The same in words."`
	Case     cvd.CaseID `json:"case,omitempty" doc:"Where it seems to belong."`
	Program  string     `json:"program,omitempty" doc:"By the address that it was sent to."`
	Size     int64      `json:"size" doc:"In bytes."`
	Expires  *time.Time `json:"expires_at,omitempty" doc:"When it leaves by itself; left out: never."`
	By       string     `json:"by,omitempty" doc:"The member who put it there."`
	Note     string     `json:"note,omitempty" doc:"What they said."`
}

// Shelf is a page of a shelf.
type Shelf struct {
	Mail   []Standing     `json:"mail"`
	Next   string         `json:"next,omitempty" doc:"For after; left out on the last page."`
	Counts map[string]int `json:"counts" doc:"How many stand on each shelf, to 1,001 at most."`
}

// Enclosure is one attachment.
type Enclosure struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty" doc:"As the sender claims."`
	Size int64  `json:"size" doc:"In bytes."`
}

// Letter is one mail.
type Letter struct {
	Standing
	Author    string             `json:"author,omitempty" doc:"The name beside the address."`
	To        []string           `json:"to,omitempty" doc:"The recipients that it was taken for."`
	MessageID string             `json:"message_id,omitempty"`
	Text      string             `json:"text,omitempty"`
	Files     []Enclosure        `json:"files,omitempty"`
	Encrypted bool               `json:"encrypted,omitempty"`
	Locked    bool               `json:"locked,omitempty" doc:"It could not be decrypted."`
	Signature cvd.SignatureState `json:"signature,omitempty" doc:"Of OpenPGP or S/MIME: good, first (by a key of the sender's that came with the mail itself; it gives no rights), unknown or bad."`
	Doubts    []string           `json:"doubts,omitempty" doc:"What could not be read of it."`
}

func rowOf(r *mailroom.Row, v *words.Voice) Standing {
	out := Standing{
		ID: r.ID, Shelf: string(r.Shelf), Received: r.Received, Door: r.Door, From: r.From, Subject: r.Subject, Reason: r.Reason,
		Case: r.Case, Program: r.Program, Size: r.Size, By: r.By, Note: r.Note, Why: r.Why(v, func(ref string) string { return ref }),
	}
	if !r.Expires.IsZero() {
		out.Expires = &r.Expires
	}
	return out
}

// ShelfOf shows a page of a shelf.
func ShelfOf(rows []mailroom.Row, next string, counts map[inbox.State]int, v *words.Voice) Shelf {
	out := Shelf{Mail: make([]Standing, 0, len(rows)), Next: next, Counts: map[string]int{}}
	for i := range rows {
		out.Mail = append(out.Mail, rowOf(&rows[i], v))
	}
	for s, n := range counts {
		out.Counts[string(s)] = n
	}
	return out
}

// LetterOf shows one mail.
func LetterOf(l *mailroom.Letter, v *words.Voice) Letter {
	out := Letter{
		Standing: rowOf(&l.Row, v), To: slices.Clone(l.Envelope.To), Encrypted: l.Read.Encrypted, Locked: l.Read.Lock != mailroom.Unlocked, Signature: l.Read.Signature,
	}
	m := l.Read.Message
	if m == nil {
		return out
	}
	out.MessageID, out.Text, out.Doubts = m.ID, m.Text, m.Doubts
	if len(m.From) > 0 {
		out.Author, out.From = m.From[0].Name, m.From[0].Email
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, Enclosure{f.Name, f.Type, int64(len(f.Data))})
	}
	return out
}
