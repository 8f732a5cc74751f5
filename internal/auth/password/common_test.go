package password

import (
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// The table holds well over the 3,000 that the standard asks for, each once and in
// the order in which they are looked up.
func TestCommonTableIsSorted(t *testing.T) {
	n := len(prints) / printSize
	if len(prints)%printSize != 0 || n < 10_000 {
		t.Fatalf("%d bytes", len(prints))
	}
	for i := 1; i < n; i++ {
		if prints[(i-1)*printSize:i*printSize] >= prints[i*printSize:(i+1)*printSize] {
			t.Fatalf("entry %d is not after the one before it", i)
		}
	}
}

// Passwords of twelve characters and more that many people have are refused, with
// whatever capitals, though they lean on no word that we know (ASVS 5.0.0, V6.2.4).
func TestMostCommonPasswordsAreRefused(t *testing.T) {
	for _, s := range []string{
		"leavemealone", "sonyericsson", "websolutions", "finalfantasy", "unbelievable", "needforspeed", "counterstrike",
		"LeaveMeAlone", "WEBSOLUTIONS", "chickenwing101", "ghbdtnrfrltkf",
	} {
		f := Faults(s, cvd.Member{})
		if len(f) != 1 || !strings.Contains(f[0].Problem, "many people") {
			t.Errorf("%q: %v", s, f)
		}
	}
	for _, s := range []string{"leavemealone leavemebe", "plover gantry ochre", "websolutions of a kind"} {
		if common(s) {
			t.Errorf("%q is called common", s)
		}
	}
}
