// Package blobtest is what every keeper of blobs must pass to be a blob.Store.
// It is for tests only.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"fairlead/internal/cvd"
	"fairlead/internal/store/blob"
)

// Run runs the whole suite; open must return a fresh, empty store each time.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, one := range []struct {
		name string
		test func(t *testing.T, s blob.Store)
	}{
		{"bytes come back", roundTrip},
		{"odd names are refused", names},
		{"a name is taken once", once},
		{"what is not whole is not there", broken},
		{"a cancelled caller stores nothing", cancelled},
		{"deleting twice is once", deleted},
		{"list names all in order", list},
		{"ready", func(t *testing.T, s blob.Store) {
			if err := s.Ready(context.Background()); err != nil {
				t.Error(err)
			}
			listed(t, s)
		}},
	} {
		t.Run(one.name, func(t *testing.T) { one.test(t, open(t)) })
	}
}

const name = "abcdefghijklmnop0123456789"

func put(t *testing.T, s blob.Store, name string, content []byte) {
	t.Helper()
	size, err := s.Put(context.Background(), name, bytes.NewReader(content))
	if err != nil || size != int64(len(content)) {
		t.Fatalf("put: %d bytes of %d, %v", size, len(content), err)
	}
}

func content(t *testing.T, s blob.Store, name string) []byte {
	t.Helper()
	r, err := s.Open(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func listed(t *testing.T, s blob.Store, want ...string) {
	t.Helper()
	var got []string
	err := s.List(context.Background(), func(name string, _ int64) error { got = append(got, name); return nil })
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("list: %v, %v, want %v", got, err, want)
	}
}

func roundTrip(t *testing.T, s blob.Store) {
	big := bytes.Repeat([]byte("\x00\xff sealed \r\n"), 200_000)
	for i, c := range [][]byte{nil, {0}, []byte("word"), big} {
		n := fmt.Sprintf("%s%d", name, i)
		put(t, s, n, c)
		if got := content(t, s, n); !bytes.Equal(got, c) {
			t.Errorf("blob %d: %d bytes of %d", i, len(got), len(c))
		}
	}
	if _, err := s.Open(context.Background(), name); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("absent: %v", err)
	}
}

func names(t *testing.T, s blob.Store) {
	ctx := context.Background()
	for _, n := range []string{
		"", "short", strings.Repeat("a", 15), strings.Repeat("a", 65), "../../../../etc/passwd", "ABCDEFGHIJKLMNOPQR",
		"abcdefghijklmno/pqrstuv", `abcdefghijklmno\pqrstuv`, "abcdefghijklmnop.txt", "abcdefghijklmnop\x00", "äbcdefghijklmnopq", "abcdefgh ijklmnopq",
	} {
		_, putErr := s.Put(ctx, n, strings.NewReader("x"))
		_, openErr := s.Open(ctx, n)
		for what, err := range map[string]error{"put": putErr, "open": openErr, "delete": s.Delete(ctx, n)} {
			if !errors.Is(err, cvd.ErrInvalid) {
				t.Errorf("%s %q: %v", what, n, err)
			}
		}
	}
	put(t, s, strings.Repeat("a", 16), nil)
	put(t, s, strings.Repeat("9", 64), nil)
}

func once(t *testing.T, s blob.Store) {
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := s.Put(context.Background(), name, strings.NewReader(fmt.Sprint("writer ", i)))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, cvd.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d writers won", won.Load())
	}
	before := content(t, s, name)
	if _, err := s.Put(context.Background(), name, strings.NewReader("late")); !errors.Is(err, cvd.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(content(t, s, name), before) {
		t.Error("a blob was changed")
	}
	listed(t, s, name)
}

func broken(t *testing.T, s blob.Store) {
	cause := errors.New("the sender went away")
	_, err := s.Put(context.Background(), name, io.MultiReader(strings.NewReader("first half"), iotest.ErrReader(cause)))
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Open(context.Background(), name); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("half a blob is there: %v", err)
	}
	listed(t, s)
	put(t, s, name, []byte("whole"))
}

func cancelled(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	_, err := s.Put(ctx, name, io.MultiReader(strings.NewReader("first half"), canceller(cancel)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	listed(t, s)
}

// canceller is a reader at which the caller loses patience.
type canceller context.CancelFunc

func (c canceller) Read(p []byte) (int, error) {
	c()
	return copy(p, "more"), nil
}

func deleted(t *testing.T, s blob.Store) {
	put(t, s, name, []byte("x"))
	put(t, s, name+"0", []byte("y"))
	for range 2 {
		if err := s.Delete(context.Background(), name); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(context.Background(), name); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	listed(t, s, name+"0")
	put(t, s, name, []byte("again"))
}

func list(t *testing.T, s blob.Store) {
	var want []string
	sizes := map[string]int64{}
	for i := range 20 {
		n := fmt.Sprintf("%c%c%016d", 'a'+i%3, 'a'+i%5, i)
		put(t, s, n, make([]byte, i))
		want, sizes[n] = append(want, n), int64(i)
	}
	slices.Sort(want)
	listed(t, s, want...)
	stop := errors.New("enough")
	calls := 0
	if err := s.List(context.Background(), func(string, int64) error { calls++; return stop }); err != stop || calls != 1 { //nolint:errorlint // unchanged
		t.Errorf("%d calls, %v", calls, err)
	}
	err := s.List(context.Background(), func(n string, size int64) error {
		if size != sizes[n] {
			t.Errorf("%s has %d bytes, want %d", n, size, sizes[n])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
