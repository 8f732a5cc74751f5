package reserved_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault/reserved"
	"fairlead/internal/store/vault/vaulttest"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

func open(t *testing.T) reserved.Book {
	t.Helper()
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, noon)
	return reserved.Book{Store: st, Vault: v}
}

func TestAReservation(t *testing.T) {
	b := open(t)
	if since, kept, again, err := b.Intend(ctx, "FL-1/0", noon); err != nil || again || len(kept) != 0 || !since.Equal(noon) {
		t.Fatal(since, kept, again, err)
	}
	// Noted once, whatever the clock says later.
	if since, _, again, err := b.Intend(ctx, "FL-1/0", noon.Add(time.Hour)); err != nil || !again || !since.Equal(noon) {
		t.Fatal(since, again, err)
	}
	for range 2 {
		if err := b.Keep(ctx, "FL-1/0", []string{"CVE-2026-1000", "CVE-2026-1001"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, kept, _, err := b.Intend(ctx, "FL-1/0", noon); err != nil || !cmp.Equal(kept, []string{"CVE-2026-1000", "CVE-2026-1001"}) {
		t.Error(kept, err)
	}
	// What is another's is not taken, and nothing that came with it.
	if err := b.Keep(ctx, "FL-2/0", []string{"CVE-2026-1002", "CVE-2026-1001"}); !errors.Is(err, cvd.ErrConflict) {
		t.Error(err)
	}
	if kept, err := b.Kept(ctx, "FL-2/0"); err != nil || len(kept) != 0 {
		t.Error(kept, err)
	}
	if left, err := b.Unknown(ctx, []string{"CVE-2026-1001", "CVE-2026-1002"}); err != nil || !cmp.Equal(left, []string{"CVE-2026-1002"}) {
		t.Error(left, err)
	}
}

// Of many at once each id gets one owner, and none is lost.
func TestManyAtOnce(t *testing.T) {
	b := open(t)
	var all sync.WaitGroup
	won := make([]error, 8)
	for i := range won {
		all.Go(func() {
			_, _, _, err := b.Intend(ctx, fmt.Sprint("FL-", i), noon)
			won[i] = errors.Join(err, b.Keep(ctx, fmt.Sprint("FL-", i), []string{fmt.Sprint("CVE-2026-100", i), "CVE-2026-2000"}))
		})
	}
	all.Wait()
	owners := 0
	for i, err := range won {
		kept, err2 := b.Kept(ctx, fmt.Sprint("FL-", i))
		if err2 != nil {
			t.Fatal(err2)
		}
		switch {
		case err == nil && len(kept) == 2:
			owners++
		case !errors.Is(err, cvd.ErrConflict) || len(kept) != 0:
			t.Errorf("%d: %v, %v", i, kept, err)
		}
	}
	if owners != 1 {
		t.Errorf("the id has %d owners", owners)
	}
}
