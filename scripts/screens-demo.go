//go:build ignore

// Command screens-demo is the demo of which make screens takes its pictures. It draws
// the same numbers at each start and its clock stands still, so that a picture differs
// from the one before only where the page does. Nobody else may run it: whoever knows
// this file knows every receipt, link and key that it hands out.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/fnv"
	mathrand "math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"fairlead/internal/app/demo"
)

// drawn is the same numbers at each start. Each way through the program to the draw has
// numbers of its own, since what runs beside it may come sooner or later.
type drawn struct {
	mu   sync.Mutex
	ways map[uint64]*mathrand.ChaCha8
}

func (d *drawn) Read(b []byte) (int, error) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	way := fnv.New64a()
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Fprintln(way, f.Function) // and not its line, which an edit elsewhere in the file moves
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	from := d.ways[way.Sum64()]
	if from == nil {
		var seed [32]byte
		copy(seed[:], way.Sum(nil))
		from = mathrand.NewChaCha8(seed)
		d.ways[way.Sum64()] = from
	}
	return from.Read(b)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "screens-demo: give a folder and an instant")
		os.Exit(2)
	}
	at, err := time.Parse(time.RFC3339, os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "screens-demo:", err)
		os.Exit(2)
	}
	rand.Reader = &drawn{ways: map[uint64]*mathrand.ChaCha8{}}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = demo.Run(ctx, demo.Options{Listen: "127.0.0.1:0", Data: os.Args[1], Clock: at, Still: true, JSON: true}, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "screens-demo:", err)
		os.Exit(3)
	}
}
