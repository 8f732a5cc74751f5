package watch

import (
	"context"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// glance is what is remembered of a case to tell how it changed.
type glance struct {
	version  int64
	assignee string
	rm       cvd.RM
	due      time.Time
	unread   bool
	breached bool
}

const (
	pageSize = 50
	pages    = 4    // of the cases that moved last; what changed beyond is told as "many"
	kept     = 5000 // glances; over that only the latest page stays
	// slack is how much earlier than the newest change another may be dated that was
	// committed after it.
	slack = 10 * time.Second
)

// find lists what changed since it was asked last; the first time nothing.
func (b *Board) find(ctx context.Context) (News, error) {
	at, err := b.cfg.Store.Generation(ctx)
	if err != nil || at == b.at {
		return News{}, err
	}
	first := b.seen == nil
	since := b.mark.Add(-slack)
	var n News
	var after *store.Cursor
	fresh := map[cvd.CaseID]glance{}
	for page := range pages {
		rows, err := b.page(ctx, after)
		if err != nil {
			return News{}, err
		}
		more := len(rows) == pageSize
		for i := range rows {
			c := &rows[i]
			old, known := b.seen[c.ID]
			fresh[c.ID] = glance{c.Version, c.Assignee, c.RM, c.NextDue, c.Unread, c.Breached}
			switch {
			case known && old.version == c.Version, !known && c.Updated.Before(since):
				more = more && i < len(rows)-1 // the last is no news: nor are those behind it
			case !first:
				n.Changes = append(n.Changes, Change{c.ID, kindOf(old, known, c, since), c.Version})
			}
		}
		if len(rows) > 0 {
			b.mark = later(b.mark, rows[0].Updated)
			after = &store.Cursor{At: rows[len(rows)-1].Updated, ID: rows[len(rows)-1].ID}
		}
		if !more {
			break
		}
		n.Many = !first && page == pages-1
	}
	b.at = at
	if first || len(b.seen)+len(fresh) > kept {
		b.seen = fresh
		return n, nil
	}
	for id, g := range fresh {
		b.seen[id] = g
	}
	return n, nil
}

func (b *Board) page(ctx context.Context, after *store.Cursor) (rows []store.Case, err error) {
	err = b.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		rows, err = tx.Cases(store.Filter{Sort: store.ByUpdated, After: after, Limit: pageSize})
		return err
	})
	return rows, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// kindOf says what changed first of all.
func kindOf(old glance, known bool, c *store.Case, since time.Time) Kind {
	switch {
	case !known && !c.Created.Before(since):
		return KindNew
	case c.Unread && !old.unread:
		return KindMessage
	case !known:
		return KindOther
	case c.Assignee != old.assignee:
		return KindHolder
	case c.RM != old.rm:
		return KindState
	case !c.NextDue.Equal(old.due) || c.Breached != old.breached:
		return KindClock
	}
	return KindOther
}
