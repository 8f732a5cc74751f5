package queue

import (
	"fmt"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

func TestLabelsAreFoundByTheBytesTheyCameFrom(t *testing.T) {
	var l labels
	row := store.Case{Key: []byte("key"), Sealed: []byte("sealed")}
	l.keep("a", &label{Label: vault.Label{Title: "title"}, sum: sumOf(&row)}, l.now())
	if got := l.find("a", sumOf(&row)); got == nil || got.Title != "title" {
		t.Fatal("it is not found")
	}
	for _, other := range []store.Case{{Key: []byte("kez"), Sealed: row.Sealed}, {Key: row.Key, Sealed: []byte("sealee")}} {
		if l.find("a", sumOf(&other)) != nil {
			t.Error("it is found by other bytes")
		}
	}
	if l.find("b", sumOf(&row)) != nil {
		t.Error("it is found under another case")
	}
	l.drop("a")
	if l.find("a", sumOf(&row)) != nil || len(l.of) != 0 {
		t.Error("it is found after it was dropped")
	}
}

// Somebody who read before a key was destroyed and opens after it leaves nothing
// behind.
func TestNothingIsKeptThatWasReadBeforeADrop(t *testing.T) {
	var l labels
	row := store.Case{Key: []byte("key"), Sealed: []byte("sealed")}
	epoch := l.now()
	l.drop("a")
	l.keep("a", &label{sum: sumOf(&row)}, epoch)
	if len(l.of) != 0 {
		t.Error("it was kept")
	}
}

func TestLabelsAreBounded(t *testing.T) {
	var l labels
	row := store.Case{Key: []byte("key")}
	for i := range labelsKept + 100 {
		l.keep(cvd.CaseID(fmt.Sprint(i)), &label{sum: sumOf(&row)}, 0)
	}
	if len(l.of) != labelsKept || l.find(cvd.CaseID(fmt.Sprint(labelsKept+99)), sumOf(&row)) == nil {
		t.Errorf("%d are kept", len(l.of))
	}
}

func TestKept(t *testing.T) {
	var k Kept
	if k.Find("a") != nil {
		t.Error("something is found in nothing")
	}
	for i := range 3 * madeMost {
		k.Put(i, i)
		if k.Find(i) != i || len(k.made) > madeMost {
			t.Fatalf("after %d: %v", i, k.made)
		}
	}
	var none *Kept
	none.Put("a", 1)
	if none.Find("a") != nil {
		t.Error("an erased case keeps something")
	}
}
