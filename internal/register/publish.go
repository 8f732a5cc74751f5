package register

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// batch is how many records Publish writes in one transaction.
const batch = 100

// attempts bounds how often Publish prepares again after losing a race.
const attempts = 16

// Publication is what Prepare made: revisions in every format, checked, hashed,
// signed and sealed, and nothing of it stored. It may be written once.
type Publication struct {
	r     *Register
	after int64 // the last event that Prepare knew of
	items []item
}

type item struct {
	body    body
	at      time.Time
	records []store.Record // the whole record first, then its documents
	again   bool           // the revision is there already, and only its documents are new
}

// Prepare makes the publication of one or more records, each the next revision
// of its advisory. The caller has set Revision, Published, Modified and History;
// texts are published as they stand. A format that does not cover a record, or in
// which an imported one would be wrong, is left out of it; see Uncovered. Errors: cvd.Faults, all at once, and what an encoder refuses.
func (r *Register) Prepare(ctx context.Context, recs ...*cvd.Advisory) (*Publication, error) {
	p := &Publication{r: r}
	var err error
	if p.after, err = r.Generation(ctx); err != nil {
		return nil, err
	}
	now, publisher := r.Now(), r.Publisher()
	fresh := map[string]*Entry{} // what this publication itself adds
	var faults cvd.Faults
	for i, a := range recs {
		stem := advisory.Stem(a.ID)
		r.mu.Lock()
		at := func(stem string) *Entry { return cmp.Or(fresh[stem], r.byStem[stem]) }
		before := at(stem)
		clash := translated(a, at) || before == nil && slices.ContainsFunc(neighbours(stem, publisher), func(other string) bool { return at(other) != nil })
		r.mu.Unlock()
		where := ""
		if len(recs) > 1 {
			where = fmt.Sprintf("advisories[%d].", i)
		}
		if wrong := check(a, before, clash, where); len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		fresh[stem] = &Entry{ID: a.ID, Revision: a.Revision, Published: a.Published, Modified: a.Modified, langs: advisory.Languages(a)}
		it, err := r.prepare(a, publisher, now)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, it)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// prepare encodes and seals one record.
func (r *Register) prepare(a *cvd.Advisory, p advisory.Publisher, at time.Time) (item, error) {
	it := item{body: outline(a), at: at.UTC()}
	it.body.At, it.body.Raw = it.at, p.Name == ""
	whole, err := json.Marshal(a)
	if err != nil {
		return it, err
	}
	it.body.Record = sum256(whole)
	rec, err := r.Vault.Seal(store.Record{Kind: recordWhole, ID: r.wholeID(a.ID, a.Revision), At: at}, json.RawMessage(whole))
	if err != nil {
		return it, err
	}
	it.records = append(it.records, rec)
	for _, f := range r.Formats {
		docs, err := release.Print(f, a, p)
		if errors.As(err, &release.Withheld{}) {
			continue
		}
		if err != nil {
			return it, fmt.Errorf("advisory %s as %s: %w", a.ID, f.Name, err)
		}
		for _, d := range docs {
			if rec, err = r.print(&it, f, d); err != nil {
				return it, err
			}
			it.records = append(it.records, rec)
		}
	}
	return it, nil
}

// print hashes, signs and seals one document and notes it in the event.
func (r *Register) print(it *item, f advisory.Format, d advisory.Document) (store.Record, error) {
	short, long := sha256.Sum256(d.Bytes), sha512.Sum512(d.Bytes)
	k := kept{
		Revision: it.body.Revision, TLP: it.body.TLP, Modified: it.body.Modified, At: it.at, File: d.File, Media: f.Media, Ext: f.Ext,
		Bytes: d.Bytes, SHA256: hex.EncodeToString(short[:]), SHA512: hex.EncodeToString(long[:]),
	}
	if !it.body.Raw { // else nobody speaks for the house yet; see Complete
		if err := r.sign(&k, it.at); err != nil {
			return store.Record{}, err
		}
	}
	it.body.Documents = append(it.body.Documents, printed{Name: d.Name, File: d.File, Media: f.Media, Size: len(d.Bytes), SHA256: k.SHA256})
	return r.Vault.Seal(store.Record{Kind: recordDocument, ID: r.documentID(it.body.ID, d.Name), At: it.at}, k)
}

func (r *Register) sign(k *kept, at time.Time) (err error) {
	if r.Sign == nil {
		return nil
	}
	if k.Signature, err = r.Sign(k.Bytes, at); err != nil || k.Signature == nil || r.Key == nil {
		return err
	}
	k.Key, err = r.Key()
	return err
}

func sum256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Write stores the publication in the caller's transaction: with its commit every
// revision stands in every format at once. If somebody published one of these
// revisions meanwhile it is a cvd.ErrConflict, and nothing is to be kept of tx.
//
// The event alone is sealed here, in the transaction: its number is bound into
// it, and is known only now. That is some microseconds; documents were sealed
// before.
func (p *Publication) Write(tx store.Tx) error {
	seq, err := p.latest(tx)
	if err != nil {
		return err
	}
	rows := make([]store.Event, 0, len(p.items))
	for i := range p.items {
		it := &p.items[i]
		if it.again && seq != p.after+int64(i) {
			return fmt.Errorf("%w: something was published since", cvd.ErrConflict)
		}
		seq++
		row, err := p.r.seal(it, seq)
		if err != nil {
			return err
		}
		rows = append(rows, row)
		for n, rec := range it.records {
			was := int64(-1) // documents replace those of the revision before
			if n == 0 {
				if it.again {
					continue
				}
				was = 0
			}
			if err := tx.PutRecord(rec, was); err != nil {
				return err
			}
		}
	}
	return tx.Append(rows)
}

// latest finds the number of the last event. What others published since Prepare may
// have taken the name of a file that a new advisory was to have.
func (p *Publication) latest(tx store.Tx) (int64, error) {
	seq := p.after
	for {
		rows, err := tx.Events(Stream, seq, page)
		if err != nil || len(rows) == 0 {
			return seq, err
		}
		by := p.r.Publisher()
		for _, row := range rows {
			b, err := p.r.open(row)
			if err != nil {
				return seq, fmt.Errorf("history of what is published, event %d: %w", row.Seq, err)
			}
			if slices.ContainsFunc(p.items, func(it item) bool { return sameFile(it.body.ID, b.ID, by) }) {
				return seq, fmt.Errorf("%w: something of that name was published since", cvd.ErrConflict)
			}
		}
		seq = rows[len(rows)-1].Seq
	}
}

func (r *Register) seal(it *item, seq int64) (store.Event, error) {
	h, err := json.Marshal(head{Stream: Stream, Seq: seq, Type: "published", V: 1, At: it.at})
	if err != nil {
		return store.Event{}, err
	}
	b, err := json.Marshal(it.body)
	if err != nil {
		return store.Event{}, err
	}
	return r.Vault.Stream(Stream).SealEvent(Stream, seq, h, b)
}

// Publish prepares and stores records, as imports do: in transactions of up to
// 100 records, each all or nothing. What came before a refused record stays.
func (r *Register) Publish(ctx context.Context, recs ...*cvd.Advisory) error {
	for len(recs) > 0 {
		n := min(len(recs), batch)
		if err := r.publish(ctx, recs[:n]); err != nil {
			return err
		}
		recs = recs[n:]
	}
	return nil
}

func (r *Register) publish(ctx context.Context, recs []*cvd.Advisory) error {
	for range attempts {
		p, err := r.Prepare(ctx, recs...)
		if err != nil {
			return err
		}
		if err := r.Store.Update(ctx, p.Write); !errors.Is(err, cvd.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: others publish all the time; try again", cvd.ErrConflict)
}
