// Package queue lists and counts cases, and remembers the lists and the opened
// titles, so that a page that many look at is not read and opened for each of
// them.
//
// It never decides who may see what: the filter it is given says that already,
// and it is part of the name under which a list is remembered. What it remembers
// stays in memory, at most until the next commit (lists, counts) or the next
// event of the case (titles), and never outlives the case's key.
package queue

import (
	"context"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/vault"
)

// Row is one line of the queue. Its sealed columns are empty.
type Row struct {
	store.Case
	Title   string
	Product string
	Target  bool      // what falls due next is an aim
	Aim     time.Time // the aim's first date
	Held    int       // mails that wait in the case for a member's nod
	Erased  bool
	Kept    *Kept // nil for an erased case
}

// Page is one page of the queue. It is shared by whoever asks for the same, and
// must not be changed.
type Page struct {
	Rows []Row
	Next *store.Cursor // nil on the last page
	Kept *Kept
}

// How many lists and counts are remembered between two commits.
const (
	pagesKept  = 200
	countsKept = 2000
)

// Book lists and counts. It is safe for concurrent use.
type Book struct {
	store  store.Store
	vault  *vault.Vault
	pages  *memo.Memo[string, timed[Page]]
	counts *memo.Memo[string, timed[int]]
	held   *memo.Memo[string, map[cvd.CaseID]int]
	labels labels
}

// New makes a book.
func New(st store.Store, v *vault.Vault) *Book {
	return &Book{store: st, vault: v, pages: memo.New[string, timed[Page]](st, pagesKept), counts: memo.New[string, timed[int]](st, countsKept), held: memo.New[string, map[cvd.CaseID]int](st, 1)}
}

// List lists one page of what the filter holds. f.Limit must be set.
func (b *Book) List(ctx context.Context, f store.Filter) (Page, error) {
	got, err := b.pages.Get(ctx, name(&f), holds[Page](&f), func() (timed[Page], error) { return b.list(ctx, f) })
	return got.value, err
}

func (b *Book) list(ctx context.Context, f store.Filter) (timed[Page], error) {
	epoch := b.labels.now()
	want := f.Limit
	f.Limit++
	var rows []store.Case
	out := timed[Page]{value: Page{Kept: &Kept{}}}
	err := b.store.View(ctx, func(tx store.Tx) (err error) {
		if rows, err = tx.Cases(f); err != nil {
			return err
		}
		return out.lasts(tx, f)
	})
	if err != nil {
		return out, err
	}
	if len(rows) > want {
		rows = rows[:want]
		last := rows[want-1]
		out.value.Next = f.Sort.Cursor(&last)
	}
	for _, r := range rows {
		row, err := b.open(r, epoch)
		if err != nil {
			return out, err
		}
		out.value.Rows = append(out.value.Rows, row)
	}
	return out, nil
}

func (b *Book) open(r store.Case, epoch int) (Row, error) {
	row := Row{Case: r}
	row.Sealed, row.Key = nil, nil
	if len(r.Key) == 0 {
		row.Erased = true
		b.labels.drop(r.ID)
		return row, nil
	}
	sum := sumOf(&r)
	l := b.labels.find(r.ID, sum)
	if l == nil {
		key, err := b.vault.Case(r)
		if err != nil {
			return row, fmt.Errorf("case %s: %w", r.ID, err)
		}
		opened, err := key.OpenLabel(r.Sealed)
		if err != nil {
			return row, fmt.Errorf("case %s: %w", r.ID, err)
		}
		l = &label{Label: opened, sum: sum}
		b.labels.keep(r.ID, l, epoch)
	}
	row.Title, row.Product, row.Target, row.Aim, row.Held, row.Pending, row.Kept = l.Title, l.Product, l.Target, l.Aim, l.Held, l.Pending, &l.kept
	return row, nil
}

// Count counts what each filter holds, up to limit.
func (b *Book) Count(ctx context.Context, filters []store.Filter, limit int) ([]int, error) {
	at, err := memo.Generation(ctx, b.store)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(filters))
	for i := range filters {
		f := &filters[i]
		got, err := b.counts.At(at, name(f), holds[int](f), func() (timed[int], error) { return b.count(ctx, f, limit) })
		if err != nil {
			return nil, err
		}
		out[i] = got.value
	}
	return out, nil
}

func (b *Book) count(ctx context.Context, f *store.Filter, limit int) (timed[int], error) {
	out := timed[int]{}
	err := b.store.View(ctx, func(tx store.Tx) (err error) {
		if out.value, err = tx.CountCases(*f, limit); err != nil {
			return err
		}
		return out.lasts(tx, *f)
	})
	return out, err
}

// heldPage is how many cases are read at once for Held.
const heldPage = 200

// Held is how many mails wait for a member's nod, by case, among the first limit cases
// that nobody dealt with: a mail that waits is always among what makes a case one of
// them. It is shared and must not be changed.
func (b *Book) Held(ctx context.Context, limit int) (map[cvd.CaseID]int, error) {
	return b.held.Get(ctx, "", nil, func() (map[cvd.CaseID]int, error) {
		out := map[cvd.CaseID]int{}
		f := store.Filter{Unread: true, Sort: store.ByUpdated}
		for read := 0; read < limit; read += f.Limit {
			f.Limit = min(heldPage, limit-read)
			page, err := b.list(ctx, f)
			if err != nil {
				return nil, err
			}
			for i := range page.value.Rows {
				if r := &page.value.Rows[i]; r.Held > 0 {
					out[r.ID] = r.Held
				}
			}
			if f.After = page.value.Next; f.After == nil {
				break
			}
		}
		return out, nil
	})
}

// Forget drops what is remembered after a key was destroyed: the words of the
// case, and every list that might hold them.
func (b *Book) Forget(id cvd.CaseID) {
	b.labels.drop(id)
	b.pages.Forget()
	b.held.Forget()
}
