package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// maxID is the most characters of an advisory's id.
const maxID = 200

// labels are the TLP labels that an advisory may carry.
var labels = map[cvd.TLP]bool{
	"": true, cvd.TLPClear: true, cvd.TLPGreen: true, cvd.TLPAmber: true, cvd.TLPAmberStrict: true, cvd.TLPRed: true,
}

// vex ends the stem of an advisory's VEX document: of two documents of one
// publisher none may have the other's name.
const vex = "-vex"

// neighbours are the stems of advisories that would share the name of a document
// with this one: of its VEX document, or of its record in OSV, where the publisher's
// prefix stands before ids.
func neighbours(stem string, by advisory.Publisher) []string {
	out := []string{stem + vex}
	if base, ok := strings.CutSuffix(stem, vex); ok {
		out = append(out, base)
	}
	if prefix := advisory.Stem(cvd.AdvisoryID(by.OSVPrefix)); prefix != "" {
		out = append(out, prefix+stem)
		if base, ok := strings.CutPrefix(stem, prefix); ok {
			out = append(out, base)
		}
	}
	return out
}

// sameFile tells whether two advisories could have a file of the same name, or are one.
func sameFile(a, b cvd.AdvisoryID, by advisory.Publisher) bool {
	x, y := advisory.Stem(a), advisory.Stem(b)
	return x == y || slices.Contains(neighbours(x, by), y) || strings.HasPrefix(x, y+"-") || strings.HasPrefix(y, x+"-")
}

// translated tells whether a document of one advisory's translation would have the name
// of another advisory's document: the ids differ by the language then. at finds an
// entry by its stem.
func translated(a *cvd.Advisory, at func(stem string) *Entry) bool {
	stem := advisory.Stem(a.ID)
	for _, lang := range advisory.Languages(a) {
		if at(stem+strings.ToLower("-"+lang)) != nil {
			return true
		}
	}
	for i := range stem {
		if stem[i] != '-' {
			continue
		}
		other := at(stem[:i])
		if other != nil && slices.ContainsFunc(other.Languages(), func(lang string) bool { return strings.EqualFold(lang, stem[i+1:]) }) {
			return true
		}
	}
	return false
}

// check tells all that keeps a record from being published after before, the
// entry with the same file name, which may be nil. clash says that another has a
// document of the name of one of this one's.
func check(a *cvd.Advisory, before *Entry, clash bool, where string) cvd.Faults {
	var faults cvd.Faults
	add := func(field, problem, remedy string) {
		faults = append(faults, cvd.Fault{Field: where + field, Problem: problem, Remedy: remedy})
	}
	if problem := badID(a.ID); problem != "" {
		add("id", problem, fmt.Sprintf("use up to %d letters, digits and signs without slash or line end", maxID))
	}
	if strings.TrimSpace(a.Title) == "" {
		add("title", "is empty", "say in a line what is wrong with which product")
	}
	if !labels[a.TLP] {
		add("tlp", "is no label of TLP 2.0", "use CLEAR, GREEN, AMBER, AMBER+STRICT or RED")
	}
	if a.Published.IsZero() {
		add("published", "is missing", "give the instant of the first revision")
	}
	if a.Modified.Before(a.Published) || a.Modified.IsZero() {
		add("modified", "is missing, or lies before the publication", "give the instant of this revision")
	}
	next := 1
	if before != nil && before.ID != a.ID {
		add("id", "has the same file name as another published advisory (CSAF 2.0, section 5.1)", "choose another id")
		return faults
	}
	if clash {
		add("id", "makes a file name that a document of another advisory has, such as its VEX document, a translation, or its record in OSV", "choose another id")
	}
	if before != nil {
		next = before.Revision + 1
		if !before.Published.Equal(a.Published) {
			add("published", "is not that of the first revision", "keep the instant; it names the folder that others have linked to")
		}
		if a.Modified.Before(before.Modified) {
			add("modified", "lies before the revision that is published", "give the instant of this revision")
		}
	}
	// An imported advisory keeps its publisher's numbers, some of which never came here.
	if a.Revision < next || (a.Revision > next && a.Source == nil) {
		add("revision", fmt.Sprintf("is not the next one, %d", next), "look at what is published, and make the next revision of it")
	}
	return faults
}

// badID says what is wrong with an id, or "". Ids come into addresses and file
// names; "feed" is taken by the feeds.
func badID(id cvd.AdvisoryID) string {
	s := string(id)
	switch {
	case s == "" || strings.TrimSpace(s) != s:
		return "is empty, or has blanks around it"
	case !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxID:
		return fmt.Sprintf("has over %d characters", maxID)
	case strings.ContainsAny(s, `/\`) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "holds a slash or a character that does not print"
	case strings.EqualFold(s, "feed"):
		return "is a reserved word: the feeds stand at that address"
	case strings.Trim(advisory.Stem(id), "_") == "":
		return "makes no address"
	}
	return ""
}

// Verified is what a check of the register found.
type Verified struct {
	Events int
	Faults []string // plain sentences; none: all is as it was published
}

// Verify holds every event against its leaf and its place, and the records and
// documents against what the history says of them. It reads everything.
func (r *Register) Verify(ctx context.Context) (Verified, error) {
	var out Verified
	fault := func(format string, args ...any) { out.Faults = append(out.Faults, fmt.Sprintf(format, args...)) }
	latest := map[cvd.AdvisoryID]body{}
	err := r.Store.View(ctx, func(tx store.Tx) error {
		out, latest = Verified{}, map[cvd.AdvisoryID]body{}
		for seq := int64(0); ; {
			rows, err := tx.Events(Stream, seq, page)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if seq++; row.Seq != seq {
					fault("event %d is missing; restore a backup", seq)
					seq = row.Seq
				}
				b, err := r.open(row)
				if err != nil {
					fault("event %d: %v; restore a backup", row.Seq, err)
					continue
				}
				out.Events++
				latest[b.ID] = b
				if err := r.verifyWhole(tx, b); err != nil {
					fault("%s, revision %d: its record %v; restore a backup", b.ID, b.Revision, err)
				}
			}
			if len(rows) < page {
				break
			}
		}
		for _, b := range latest {
			r.verifyDocuments(tx, b, fault)
		}
		recs, err := tx.Records(recordWhole, "", math.MaxInt32)
		if err == nil && len(recs) > out.Events && len(out.Faults) == 0 {
			fault("the last %d events are missing; restore a backup", len(recs)-out.Events)
		}
		return err
	})
	return out, err
}

var (
	errGone   = errors.New("is gone")
	errEdited = errors.New("is not as it was published")
)

func (r *Register) verifyWhole(tx store.Tx, b body) error {
	rec, err := tx.Record(recordWhole, r.wholeID(b.ID, b.Revision))
	if errors.Is(err, cvd.ErrNotFound) {
		return errGone
	}
	if err != nil {
		return err
	}
	var whole json.RawMessage
	if err := r.Vault.Read(rec, &whole); err != nil || sum256(whole) != b.Record {
		return errEdited
	}
	return nil
}

func (r *Register) verifyDocuments(tx store.Tx, b body, fault func(string, ...any)) {
	for _, d := range b.Documents {
		rec, err := tx.Record(recordDocument, r.documentID(b.ID, d.Name))
		if err == nil {
			var k kept
			if r.Vault.Read(rec, &k) != nil || sum256(k.Bytes) != d.SHA256 || k.SHA256 != d.SHA256 {
				err = errEdited
			}
		} else if errors.Is(err, cvd.ErrNotFound) {
			err = errGone
		}
		if err != nil {
			fault("%s as %s: the document %v; restore a backup", b.ID, d.Name, err)
		}
	}
}
