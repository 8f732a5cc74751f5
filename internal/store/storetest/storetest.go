// Package storetest is what every engine must pass to be a store.Store.
//
// It knows the interface only, never an engine. It is for tests only.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Run runs the whole suite; open must return a fresh, empty store each time and
// see to its closing.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, one := range []struct {
		name string
		test func(t *testing.T, s store.Store)
	}{
		{"case comes back as it was put", caseRoundTrip},
		{"case is compared and swapped", caseSwap},
		{"case keeps its key columns", caseKeyColumns},
		{"cases are listed as the filter says", caseFilters},
		{"cases are paged without loss or repetition", casePages},
		{"cases order by bytes, not by language", caseCollation},
		{"cases of foreign words are none", caseForeign},
		{"wake names who is due", wake},
		{"stale names other keys", stale},
		{"events come back verbatim and in order", eventRoundTrip},
		{"event numbers are taken once", eventConflict},
		{"streams are listed once each", streams},
		{"append is whole or not at all", appendWhole},
		{"keys are put, replaced and listed", keysPut},
		{"dropping the case's key drops all below it", keysDropCase},
		{"an erased case takes no key again", keysStayGone},
		{"effects are enqueued once", effectsOnce},
		{"effects are leased, finished and tried again", effectsLease},
		{"effects that were given up can be taken up again", effectsRevived},
		{"effects are never leased twice", effectsTwoWorkers},
		{"effects are listed", effectsList},
		{"records have versions", recordVersions},
		{"records are listed newest first", recordLists},
		{"records expire", recordExpiry},
		{"texts that no engine keeps are refused", refusedTexts},
		{"a failed change leaves nothing", rollback},
		{"a failed change among good ones is alone", rollbackAmong},
		{"a panic undoes its change and no other", panics},
		{"a view cannot write", viewWrites},
		{"a transaction is not kept", keptTx},
		{"a view is one snapshot", viewSnapshot},
		{"every commit makes a generation", generations},
		{"no update is lost and one wins", concurrentSwap},
		{"a cancelled caller's change is not run", cancelled},
		{"ready commits", ready},
		{"a backup needs an empty folder", backupFolder},
		{"a closed store refuses", closed},
	} {
		t.Run(one.name, func(t *testing.T) { one.test(t, open(t)) })
	}
}

// The day on which everything here happens; microseconds are all that is kept.
var day = time.Date(2026, 3, 2, 9, 30, 0, 123456000, time.UTC)

func at(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }

// nasty holds what a careless engine cuts or changes.
var nasty = []byte("a\x00b\xff\xfe'\"\\\r\n\x00")

func sample(id cvd.CaseID) store.Case {
	return store.Case{
		ID: id, Program: "main", RM: cvd.RMReceived, EM: cvd.EMNone, Facts: cvd.FactsNone, NextDue: at(60),
		NextKind: cvd.ClockAcknowledge, Wake: at(30), Created: at(0), Updated: at(0), Version: 1, Policy: 3,
		Sealed: bytes.Clone(nasty), Key: []byte("key of " + string(id)), KEK: "kek-1",
	}
}

func caseID(n int) cvd.CaseID { return cvd.CaseID(fmt.Sprintf("FL-2026-%07d", n)) }

func update(t *testing.T, s store.Store, change func(tx store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), change); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t *testing.T, s store.Store, read func(tx store.Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), read); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// refused runs a change that must end with kind.
func refused(t *testing.T, s store.Store, kind error, change func(tx store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), change); !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func put(t *testing.T, s store.Store, cases ...store.Case) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		for _, c := range cases {
			if err := tx.PutCase(c, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func stored(t *testing.T, s store.Store, id cvd.CaseID) store.Case {
	t.Helper()
	var out store.Case
	view(t, s, func(tx store.Tx) (err error) {
		out, err = tx.Case(id)
		return err
	})
	return out
}
