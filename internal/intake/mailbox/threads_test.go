package mailbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fairlead/internal/intake/mailbox"
)

func at(hour int) time.Time { return time.Date(2024, 5, 1, hour, 0, 0, 0, time.UTC) }

func note(hour int, id string, refs ...string) mailbox.Note {
	return mailbox.Note{ID: id, Refs: refs, At: at(hour), Digest: [32]byte{byte(hour)}}
}

func TestThreads(t *testing.T) {
	for name, c := range map[string]struct {
		notes   []mailbox.Note
		threads [][]int
		doubled []int
	}{
		"nothing": {},
		"two reports of one subject": {
			[]mailbox.Note{note(2, "b"), note(1, "a")}, [][]int{{1}, {0}}, nil,
		},
		"answers, whatever their order": {
			[]mailbox.Note{note(3, "c", "a", "b"), note(1, "a"), note(2, "b", "a")}, [][]int{{1, 2, 0}}, nil,
		},
		"two answers to one that is not here": {
			[]mailbox.Note{note(1, "b", "lost"), note(2, "c", "lost"), note(3, "d", "other")}, [][]int{{0, 1}, {2}}, nil,
		},
		"joined late": {
			[]mailbox.Note{note(1, "a"), note(2, "b"), note(3, "c", "a"), note(4, "d", "b"), note(5, "e", "c", "d")}, [][]int{{0, 1, 2, 3, 4}}, nil,
		},
		"no id": {
			[]mailbox.Note{note(1, ""), note(2, ""), note(3, "", "x"), note(4, "x")}, [][]int{{0}, {1}, {2, 3}}, nil,
		},
		"sent and received": {
			[]mailbox.Note{note(1, "a"), note(2, "b", "a"), note(2, "b", "a")}, [][]int{{0, 1}}, []int{2},
		},
		"one id, two messages": {
			[]mailbox.Note{note(1, "a"), note(2, "a")}, [][]int{{0, 1}}, nil,
		},
		"one that names itself": {
			[]mailbox.Note{note(1, "a", "a")}, [][]int{{0}}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			threads, doubled := mailbox.Threads(c.notes)
			if fmt.Sprint(threads) != fmt.Sprint(c.threads) || !slices.Equal(doubled, c.doubled) {
				t.Errorf("%v, %v; want %v, %v", threads, doubled, c.threads, c.doubled)
			}
		})
	}
}

// The order in which mailboxes are read changes nothing.
func TestThreadsDoNotDependOnTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var notes []mailbox.Note
	for i := range 300 {
		n := mailbox.Note{ID: fmt.Sprint(i), At: at(0).Add(time.Duration(i) * time.Minute), Digest: [32]byte{byte(i), byte(i >> 8)}}
		for range r.IntN(3) {
			if i > 5 {
				n.Refs = append(n.Refs, fmt.Sprint(i-1-r.IntN(5)))
			}
		}
		notes = append(notes, n)
	}
	say := func(notes []mailbox.Note) string {
		threads, _ := mailbox.Threads(notes)
		var out [][]string
		for _, t := range threads {
			var ids []string
			for _, i := range t {
				ids = append(ids, notes[i].ID)
			}
			out = append(out, ids)
		}
		return fmt.Sprint(out)
	}
	want := say(notes)
	for range 20 {
		shuffled := slices.Clone(notes)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := say(shuffled); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	}
}
