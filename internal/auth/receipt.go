package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/sethvargo/go-diceware/diceware"
	"golang.org/x/text/unicode/norm"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// receiptWords is how many words a receipt has; from a list of 7,772 words or
// more that makes at least 90 bits.
const receiptWords = 7

// maxReceipt is the most bytes that are read as a typed receipt.
const maxReceipt = 1024

// receiptList is the long list of the Electronic Frontier Foundation (five dice
// a word), without the words that are not a to z only, in the order of the dice.
var receiptList = sync.OnceValue(func() []string {
	list := diceware.WordListEffLarge()
	var words []string
	seen := map[string]bool{}
	for n := range 7776 {
		roll := 0
		for div := 1296; div > 0; div /= 6 {
			roll = roll*10 + n/div%6 + 1
		}
		w := list.WordAt(roll)
		if w == "" || seen[w] || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		seen[w] = true
		words = append(words, w)
	}
	return words
})

// receipt is the sealed content of a record of kind RecordReceipt.
type receipt struct {
	Cases []reach `json:"cases"`
}

type reach struct {
	Case        cvd.CaseID        `json:"case"`
	Participant cvd.ParticipantID `json:"participant"`
}

func (r receipt) reach() []cvd.Reach {
	out := make([]cvd.Reach, len(r.Cases))
	for i, c := range r.Cases {
		out[i] = cvd.Reach(c)
	}
	return out
}

// NewReceipt makes a receipt for the cases in reach, oldest first, at least
// one. code is to be shown once and never stored. rec is sealed and has no
// version: the caller puts it in the transaction that makes the case, with
// was = 0. It does not expire; deleting the record revokes it.
func (a *Auth) NewReceipt(reaches []cvd.Reach, at time.Time) (code string, rec store.Record, err error) {
	if len(reaches) == 0 {
		return "", rec, errors.New("a receipt must open at least one case")
	}
	words := make([]string, receiptWords)
	list := receiptList()
	size := big.NewInt(int64(len(list)))
	for i := range words {
		n, err := rand.Int(rand.Reader, size)
		if err != nil {
			return "", rec, err
		}
		words[i] = list[n.Int64()]
	}
	code = strings.Join(words, "-")
	var content receipt
	for _, r := range reaches {
		content.Cases = append(content.Cases, reach(r))
	}
	rec, err = a.vault.Seal(store.Record{
		Kind: RecordReceipt, ID: a.receiptID(code), Owner: string(reaches[0].Case), At: at.UTC(),
	}, content)
	if err != nil {
		return "", rec, err
	}
	return code, rec, nil
}

// ExtendReceipt lets a stored receipt open one more case, a successor of those
// it opens already. The caller puts the result with was = rec.Version. A case
// that it opens already is not added again.
func (a *Auth) ExtendReceipt(rec store.Record, more cvd.Reach) (store.Record, error) {
	if rec.Kind != RecordReceipt {
		return rec, fmt.Errorf("a record of kind %q is no receipt", rec.Kind)
	}
	var content receipt
	if err := a.vault.Read(rec, &content); err != nil {
		return rec, err
	}
	if slices.Contains(content.Cases, reach(more)) {
		return rec, nil
	}
	content.Cases = append(content.Cases, reach(more))
	return a.vault.Seal(rec, content)
}

func (a *Auth) receiptID(canonical string) string { return a.vault.Blind("auth/receipt", canonical) }

// NormaliseReceipt gives the canonical spelling of a receipt as people type,
// paste or dictate it: lower case a to z, words joined by single hyphens. Any
// case and width of letters, blanks, line breaks, dots, list numbers, quotes
// and every kind of dash are read; invisible characters and accents are
// dropped. What is longer than 1,024 bytes is no receipt and gives "".
func NormaliseReceipt(s string) string {
	if len(s) > maxReceipt {
		return ""
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		if r == 'ı' { // what a Turkish keyboard makes of I
			r = 'i'
		}
		switch {
		case r >= 'a' && r <= 'z':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.In(r, unicode.Mn, unicode.Cf):
		default:
			gap = true
		}
	}
	return b.String()
}

// Receipt gives the actor that holds the receipt: a reporter with the cases it
// opens. A wrong one is cvd.ErrUnauthenticated, after the same work.
func (a *Auth) Receipt(ctx context.Context, code string) (cvd.Actor, error) {
	return a.reporter(ctx, a.receiptID(NormaliseReceipt(code)))
}

func (a *Auth) reporter(ctx context.Context, id string) (cvd.Actor, error) {
	var actor cvd.Actor
	err := a.st.View(ctx, func(tx store.Tx) error {
		var err error
		actor, err = a.reporterIn(tx, id)
		return err
	})
	return actor, err
}

func (a *Auth) reporterIn(tx store.Tx, id string) (cvd.Actor, error) {
	rec, err := tx.Record(RecordReceipt, id)
	missing := errors.Is(err, cvd.ErrNotFound)
	if missing {
		rec, err = a.decoy, nil
	}
	if err != nil {
		return cvd.Actor{}, err
	}
	var content receipt
	if err := a.vault.Read(rec, &content); err != nil {
		return cvd.Actor{}, err
	}
	actor := cvd.Actor{Kind: cvd.ActorReporter, Cases: content.reach(), Receipt: id}
	if missing || (!rec.Expires.IsZero() && !rec.Expires.After(a.now())) {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	return actor, nil
}
