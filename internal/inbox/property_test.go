package inbox_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/inbox"
	"fairlead/internal/store/storetest/engines"
)

// Invariant 1: what was accepted is found once, on exactly one shelf, with its very
// bytes, until it is filed; whatever else moves meanwhile, and over restarts.
func TestAcceptedIsFoundOnceUntilFiled(t *testing.T) {
	h := build(t, engines.SQLite(t))
	rapid.Check(t, func(r *rapid.T) {
		type kept struct {
			raw   []byte
			state inbox.State
		}
		have, n := map[string]kept{}, 0
		pick := func() string {
			ids := []string{}
			for id := range have {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if len(ids) == 0 {
				r.Skip("nothing is in")
			}
			return rapid.SampledFrom(ids).Draw(r, "id")
		}
		shelves := []inbox.State{inbox.Waiting, inbox.Unsorted, inbox.Spam, inbox.Aside}
		// What an earlier run left is taken away.
		for _, s := range shelves {
			all, err := h.box.List(ctx, s, nil, 1000)
			must(t, err)
			for _, it := range all {
				must(t, h.box.Move(ctx, it.ID, inbox.Filing{State: inbox.Filed}))
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"accept": func(r *rapid.T) {
				n++
				size := rapid.SampledFrom([]int{0, 1, 4096, inbox.Inline, inbox.Inline + 1}).Draw(r, "size")
				it := letter(fmt.Sprintf("r%d@example.net", n%3), "")
				it.Raw = bytes.Repeat([]byte{byte(n)}, size)
				id := h.accept(it)
				have[id] = kept{it.Raw, inbox.Waiting}
			},
			"move": func(r *rapid.T) {
				id := pick()
				k := have[id]
				k.state = rapid.SampledFrom(shelves).Draw(r, "to")
				must(t, h.box.Move(ctx, id, inbox.Filing{State: k.state}))
				have[id] = k
			},
			"file": func(*rapid.T) {
				id := pick()
				must(t, h.box.Move(ctx, id, inbox.Filing{State: inbox.Filed}))
				delete(have, id)
			},
			"restart": func(*rapid.T) { h.open() },
			"sweep":   func(*rapid.T) { must(t, h.box.Sweep(ctx)) },
			"": func(r *rapid.T) {
				found := 0
				for _, s := range shelves {
					all, err := h.box.List(ctx, s, nil, 1000)
					must(t, err)
					for _, it := range all {
						found++
						if have[it.ID].state != s {
							r.Fatalf("%s stands in %s, not in %s", it.ID, s, have[it.ID].state)
						}
						got, err := h.box.Item(ctx, it.ID)
						if err != nil || !bytes.Equal(got.Raw, have[it.ID].raw) {
							r.Fatalf("%s: not the same bytes: %v", it.ID, err)
						}
					}
				}
				if found != len(have) {
					r.Fatalf("%d are found, %d are in", found, len(have))
				}
			},
		})
	})
}
