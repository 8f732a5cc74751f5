// Package register keeps what is published: for each revision of an advisory one
// event of a history of its own, the whole record, and the documents in every
// format, byte for byte as the world reads them.
//
// It never decides whether something may be published, never takes anything
// back, and makes no page and no feed: others ask it for entries and documents.
package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Stream is the history of what was published.
const Stream = "@advisories"

// The kinds of record. Their ids are blinded, so that a copy of the database does
// not name what only a few may read.
const (
	recordDocument store.RecordKind = "advisory-document" // the latest of each advisory and format
	recordWhole    store.RecordKind = "advisory-record"   // one for each revision
)

// page is how many events are read at once.
const page = 500

// Config is what a register is kept with.
type Config struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
	// Formats are those in which each advisory is published, in the order in
	// which they are offered.
	Formats []advisory.Format
	// Publisher is who publishes now; documents keep the one of their day.
	Publisher func() advisory.Publisher
	// Sign makes a detached, armored OpenPGP signature over b. Without it
	// documents are published unsigned.
	Sign func(b []byte, at time.Time) ([]byte, error)
	// Key names the key that Sign uses now. Without it nothing is ever signed
	// anew.
	Key func() (string, error)
}

// Register is what is published. It is safe for concurrent use, and reads
// nothing until it is first asked.
type Register struct {
	Config

	mu     sync.Mutex
	seq    int64             // of the last event that was read
	byStem map[string]*Entry // by the name of the CSAF file, which is unique
	sorted []*Entry          // newest first; nil after something was read
	shared shelf
}

// Open makes a register over its store without reading it.
func Open(cfg Config) *Register {
	return &Register{Config: cfg, byStem: map[string]*Entry{}}
}

// catchUp reads what was published since, by this process or another, and
// returns the number of the latest event.
func (r *Register) catchUp(tx store.Tx) (int64, error) {
	r.mu.Lock()
	seq := r.seq
	r.mu.Unlock()
	for {
		rows, err := tx.Events(Stream, seq, page)
		if err != nil || len(rows) == 0 {
			return seq, err
		}
		bodies := make([]body, len(rows))
		for i, row := range rows {
			if bodies[i], err = r.open(row); err != nil {
				return seq, fmt.Errorf("history of what is published, event %d: %w", row.Seq, err)
			}
		}
		r.mu.Lock()
		for i := range bodies {
			if at := rows[i].Seq; at > r.seq {
				e := bodies[i].entry(at, &r.shared)
				r.byStem[advisory.Stem(e.ID)] = e
				r.seq, r.sorted = at, nil
			}
		}
		r.mu.Unlock()
		if seq = rows[len(rows)-1].Seq; len(rows) < page {
			return seq, nil
		}
	}
}

// look runs read on a snapshot that memory is as new as.
func (r *Register) look(ctx context.Context, read func(tx store.Tx) error) error {
	return r.Store.View(ctx, func(tx store.Tx) error {
		if _, err := r.catchUp(tx); err != nil || read == nil {
			return err
		}
		return read(tx)
	})
}

// Generation changes whenever something is published, and only then. It is 0 as
// long as nothing was.
func (r *Register) Generation(ctx context.Context) (int64, error) {
	var seq int64
	err := r.Store.View(ctx, func(tx store.Tx) error {
		var err error
		seq, err = r.catchUp(tx)
		return err
	})
	return seq, err
}

// Entries lists the latest revision of every advisory, the last published first,
// whoever may read it: callers select by TLP. The slice is shared and must not
// be modified.
func (r *Register) Entries(ctx context.Context) ([]*Entry, error) {
	if err := r.look(ctx, nil); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sorted == nil {
		list := make([]*Entry, 0, len(r.byStem))
		for _, e := range r.byStem {
			list = append(list, e)
		}
		slices.SortFunc(list, func(a, b *Entry) int {
			return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(b.ID, a.ID))
		})
		r.sorted = list
	}
	return r.sorted, nil
}

var errNone = fmt.Errorf("%w: no such advisory", cvd.ErrNotFound)

// known is the entry in memory.
func (r *Register) known(id cvd.AdvisoryID) (*Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.byStem[advisory.Stem(id)]
	if e == nil || e.ID != id {
		return nil, errNone
	}
	return e, nil
}

// Entry is the latest revision of one advisory; cvd.ErrNotFound if there is none.
func (r *Register) Entry(ctx context.Context, id cvd.AdvisoryID) (*Entry, error) {
	if err := r.look(ctx, nil); err != nil {
		return nil, err
	}
	return r.known(id)
}

// Filed is the latest revision of the advisory with that stem (advisory.Stem).
func (r *Register) Filed(ctx context.Context, stem string) (*Entry, error) {
	if err := r.look(ctx, nil); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.byStem[stem]; e != nil {
		return e, nil
	}
	return nil, errNone
}

// Record is the whole record of one revision, 0 for the latest;
// cvd.ErrNotFound if there is none.
func (r *Register) Record(ctx context.Context, id cvd.AdvisoryID, revision int) (*cvd.Advisory, error) {
	a := &cvd.Advisory{}
	err := r.look(ctx, func(tx store.Tx) error {
		e, err := r.known(id)
		if err != nil {
			return err
		}
		if revision == 0 {
			revision = e.Revision
		}
		rec, err := tx.Record(recordWhole, r.wholeID(id, revision))
		if err != nil {
			return err
		}
		return r.Vault.Read(rec, a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Document is a published document of the advisory's latest revision;
// cvd.ErrNotFound if it has none of that name. Who may read it stands in the
// document, not in an entry that was read before.
func (r *Register) Document(ctx context.Context, id cvd.AdvisoryID, name string) (Document, error) {
	var d Document
	err := r.look(ctx, func(tx store.Tx) error {
		var err error
		d, err = r.document(tx, id, name)
		return err
	})
	return d, err
}

// Documents reads the documents of one format of many advisories in one
// snapshot, all parts of them, and hands them to each in the order of the ids.
// Advisories that have none are left out. each may be called again from the
// beginning.
func (r *Register) Documents(ctx context.Context, ids []cvd.AdvisoryID, format string, each func(d Document) error) error {
	return r.look(ctx, func(tx store.Tx) error {
		for _, id := range ids {
			e, err := r.known(id)
			if errors.Is(err, cvd.ErrNotFound) {
				continue
			}
			for _, name := range e.Documents {
				if of, _, _ := strings.Cut(name, "/"); of != format {
					continue
				}
				d, err := r.document(tx, id, name)
				if err == nil {
					err = each(d)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (r *Register) document(tx store.Tx, id cvd.AdvisoryID, name string) (Document, error) {
	e, err := r.known(id)
	if err != nil {
		return Document{}, err
	}
	if !e.Has(name) {
		return Document{}, fmt.Errorf("%w: it has no document of that name", cvd.ErrNotFound)
	}
	rec, err := tx.Record(recordDocument, r.documentID(id, name))
	if err != nil {
		return Document{}, err
	}
	var k kept
	if err := r.Vault.Read(rec, &k); err != nil {
		return Document{}, err
	}
	return Document{
		ID: id, Name: name, File: k.File, Media: k.Media, Ext: k.Ext, Revision: k.Revision, TLP: k.TLP, Modified: k.Modified, At: k.At,
		Bytes: k.Bytes, SHA256: k.SHA256, SHA512: k.SHA512, Signature: k.Signature,
	}, nil
}

func (r *Register) documentID(id cvd.AdvisoryID, name string) string {
	return r.Vault.Blind(string(recordDocument), fmt.Sprintf("%s\n%s", id, name))
}

func (r *Register) wholeID(id cvd.AdvisoryID, revision int) string {
	return r.Vault.Blind(string(recordWhole), fmt.Sprintf("%s\n%d", id, revision))
}
