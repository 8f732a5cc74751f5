package seal

import (
	"bytes"
	"testing"
)

func BenchmarkNewKey(b *testing.B) {
	k, err := NewKeyring()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := k.NewKey("case/FL-2026-7KQ4MXZ"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnwrap(b *testing.B) {
	k, err := NewKeyring()
	if err != nil {
		b.Fatal(err)
	}
	_, wrapped, err := k.NewKey("case/FL-2026-7KQ4MXZ")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Unwrap("case/FL-2026-7KQ4MXZ", wrapped); err != nil {
			b.Fatal(err)
		}
	}
}

// A key and its first value: what one new case costs.
func BenchmarkNewKeyAndSeal2KiB(b *testing.B) {
	k, err := NewKeyring()
	if err != nil {
		b.Fatal(err)
	}
	plain := bytes.Repeat([]byte("x"), 2048)
	b.ReportAllocs()
	for b.Loop() {
		key, _, err := k.NewKey("case/FL-2026-7KQ4MXZ")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := key.Seal(plain, "event/FL-2026-7KQ4MXZ/1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSeal2KiB(b *testing.B) {
	key, plain := newKey(), bytes.Repeat([]byte("x"), 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Seal(plain, "event/FL-2026-7KQ4MXZ/1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen2KiB(b *testing.B) {
	key := newKey()
	sealed, err := key.Seal(bytes.Repeat([]byte("x"), 2048), "event/FL-2026-7KQ4MXZ/1")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.Open(sealed, "event/FL-2026-7KQ4MXZ/1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlind(b *testing.B) {
	key := newKey()
	b.ReportAllocs()
	for b.Loop() {
		key.Blind("word", "overflow")
	}
}
