package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the tests' own binary answer to the name fairlead as well, so
// that every test here runs the program as a process of its own, which can be
// stopped and killed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fairlead": main})
}

// long skips what takes minutes, unless asked for.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("FAIRLEAD_TEST_LONG") == "" {
		t.Skip("takes long: set FAIRLEAD_TEST_LONG=1, as make test does")
	}
}
