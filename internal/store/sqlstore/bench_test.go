package sqlstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/pgtest"
)

// intake is the rows of one report: a case of 700 sealed bytes, an event of
// 2,500, the reporter's key, one effect, two records.
type intake struct {
	c store.Case
	e store.Event
	k store.Key
	f store.Effect
	r [2]store.Record
}

var (
	benchDay    = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	sealedCase  = make([]byte, 700)
	sealedEvent = make([]byte, 2500)
)

func newIntake(n int) intake {
	sum := sha256.Sum256([]byte(fmt.Sprint(n)))
	id := cvd.CaseID(fmt.Sprintf("FL-2026-%X-%d", sum[:4], n))
	at := benchDay.Add(time.Duration(n) * time.Millisecond)
	in := intake{
		c: store.Case{
			ID: id, Program: "main", RM: cvd.RMReceived, EM: cvd.EMNone, Facts: cvd.FactsNone, NextDue: at.Add(72 * time.Hour),
			NextKind: cvd.ClockAcknowledge, Wake: at.Add(48 * time.Hour), Created: at, Updated: at, Version: 1, Policy: 1,
			Unread: true, Sealed: sealedCase, Key: sum[:], KEK: "kek-1",
		},
		e: store.Event{Stream: string(id), Seq: 1, Head: sealedEvent[:400], BodyKey: sum[:], Sealed: sealedEvent, Leaf: sum[:]},
		k: store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: "reporter"}, Wrapped: sum[:]},
		f: store.Effect{
			Effect: cvd.Effect{Key: string(id) + "-1", Kind: cvd.EffectNotifyTeam, Case: id, Seq: 1, To: "on-duty", Template: "received", At: at},
			State:  store.EffectPending,
		},
	}
	for i, kind := range []store.RecordKind{"receipt", "request"} {
		in.r[i] = store.Record{Kind: kind, ID: fmt.Sprintf("%x", sum[:16]), Owner: string(id), At: at, Expires: at.Add(24 * time.Hour), Sealed: sum[:]}
	}
	return in
}

func (in *intake) put(tx store.Tx) error {
	if err := tx.PutCase(in.c, 0); err != nil {
		return err
	}
	if err := tx.Append([]store.Event{in.e}); err != nil {
		return err
	}
	if err := tx.PutKey(in.k); err != nil {
		return err
	}
	if err := tx.Enqueue([]store.Effect{in.f}); err != nil {
		return err
	}
	for _, r := range in.r {
		if err := tx.PutRecord(r, 0); err != nil {
			return err
		}
	}
	return nil
}

const clients = 32

// BenchmarkIntake is the rate of Update under 32 callers.
func BenchmarkIntake(b *testing.B) { intakes(b, fresh(b)) }

// BenchmarkIntakePostgres is the same on PostgreSQL. It means little unless
// FAIRLEAD_TEST_POSTGRES names a server that waits for its disk.
func BenchmarkIntakePostgres(b *testing.B) {
	s, err := OpenPostgres(background, pgtest.DSN(b, nil), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	intakes(b, s)
}

func intakes(b *testing.B, s store.Store) {
	var next atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				in := newIntake(int(n))
				if err := s.Update(background, in.put); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "intakes/s")
}

// BenchmarkIntakeBare is what the same rows cost a loop straight on database/sql:
// the same tables, settings, statements and bytes, 32 to a synced commit.
func BenchmarkIntakeBare(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store.sqlite")
	if s, err := OpenSQLite(background, path, Options{}); err != nil {
		b.Fatal(err)
	} else if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sqliteDB(path, writerSettings)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	statements := generated(b)
	statements["begin"], statements["commit"] = "BEGIN IMMEDIATE", "COMMIT"
	prepared := map[string]func(args ...any) error{}
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for name, text := range statements {
		stmt, err := conn.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed at the end, all of them
		if err != nil {
			b.Fatal(err)
		}
		defer stmt.Close()
		prepared[name] = func(args ...any) error {
			_, err := stmt.ExecContext(ctx, args...)
			return err
		}
	}
	b.ResetTimer()
	for n := 0; n < b.N; {
		if err := prepared["begin"](); err != nil {
			b.Fatal(err)
		}
		for range min(clients, b.N-n) {
			n++
			in := newIntake(n)
			if err := bareIntake(prepared, &in); err != nil {
				b.Fatal(err)
			}
		}
		if err := prepared["commit"](); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "intakes/s")
}

func bareIntake(do map[string]func(args ...any) error, in *intake) error {
	c, f := newCase(&in.c), newEffect(&in.f)
	if err := do["insertCase"](c.ID, c.Program, c.Rm, c.Em, c.Facts, c.Band, c.Assignee, c.NextDue, c.NextKind, c.Wake, c.Created, c.Updated,
		c.Version, c.Policy, c.Cluster, c.Closed, c.Emergency, c.Privacy, c.Paused, c.Unread, c.Breached, c.Sealed, c.WrappedKey, c.Kek); err != nil {
		return err
	}
	if err := do["insertEvent"](in.e.Stream, in.e.Seq, in.e.Head, in.e.BodyKey, in.e.Sealed, in.e.Leaf); err != nil {
		return err
	}
	if err := do["putParticipantKey"](string(in.k.Case), in.k.Name, in.k.Wrapped); err != nil {
		return err
	}
	if err := do["insertEffect"](f.Ref, f.Kind, f.CaseID, f.Seq, f.Recipient, f.Template, f.At, f.State, f.Attempts, f.Leased, f.Ready, f.Done, f.Sealed); err != nil {
		return err
	}
	for _, r := range in.r {
		if err := do["insertRecord"](string(r.Kind), r.ID, r.Owner, instant(r.At), deadline(r.Expires), r.Sealed); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkQueuePage is a page of 50 of the open cases by due date, 100 and
// 100,000 of them, from the beginning and from the middle.
func BenchmarkQueuePage(b *testing.B) {
	for _, size := range []int{100, 100_000} {
		s := filled(b, size)
		for name, f := range map[string]store.Filter{
			"first":      {Open: true, Limit: 50},
			"middle":     {Open: true, Limit: 50, After: &store.Cursor{At: benchDay.Add(72*time.Hour + time.Duration(size/2)*time.Millisecond)}},
			"mine":       {Open: true, Limit: 50, Assignees: []string{"somebody"}},
			"two states": {Open: true, Limit: 50, RM: []cvd.RM{cvd.RMReceived, cvd.RMValid}},
			"newest":     {Limit: 50, Sort: store.ByCreated},
			"urgent":     {Open: true, Limit: 50, Sort: store.ByUrgency},
			"severity":   {Open: true, Limit: 50, Sort: store.BySeverity},
		} {
			b.Run(fmt.Sprintf("%s of %d", name, size), func(b *testing.B) {
				viewing(b, s, func(tx store.Tx) error {
					page, err := tx.Cases(f)
					if len(page) == 0 {
						b.Error("an empty page")
					}
					return err
				})
			})
		}
		b.Run(fmt.Sprintf("count of %d", size), func(b *testing.B) {
			viewing(b, s, func(tx store.Tx) error {
				_, err := tx.CountCases(store.Filter{Open: true, Assignees: []string{""}}, 1001)
				return err
			})
		})
	}
}

func viewing(b *testing.B, s store.Store, read func(tx store.Tx) error) {
	for b.Loop() {
		if err := s.View(background, read); err != nil {
			b.Fatal(err)
		}
	}
}

func filled(b *testing.B, size int) store.Store {
	b.Helper()
	s := fresh(b)
	err := s.Update(background, func(tx store.Tx) error {
		for n := range size {
			in := newIntake(n)
			if n%10 == 0 {
				in.c.Assignee = "somebody"
			}
			if err := tx.PutCase(in.c, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}
