package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestSealRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := newKey()
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		ad := rapid.String().Draw(t, "ad")
		sealed, err := key.Seal(plain, ad)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(plain)+29 {
			t.Fatalf("sealed %d bytes into %d", len(plain), len(sealed))
		}
		got, err := key.Open(sealed, ad)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened %x, %v; want %x", got, err, plain)
		}
		other := rapid.String().Filter(func(s string) bool { return s != ad }).Draw(t, "other ad")
		if _, err := key.Open(sealed, other); !errors.Is(err, ErrTampered) {
			t.Fatalf("opened in another place: %v", err)
		}
		if _, err := newKey().Open(sealed, ad); !errors.Is(err, ErrTampered) {
			t.Fatalf("opened with another key: %v", err)
		}
	})
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	ring := mustRing(t)
	key, wrapped, err := ring.NewKey("case/1")
	if err != nil {
		t.Fatal(err)
	}
	_, sub, err := key.Wrap("participant/1")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal([]byte("a canary"), "event/1")
	if err != nil {
		t.Fatal(err)
	}
	stream := streamed(t, key, []byte("a canary"), "blob/1")
	tests := []struct {
		name  string
		bytes []byte
		open  func([]byte) error
	}{
		{"value", sealed, func(b []byte) error { _, err := key.Open(b, "event/1"); return err }},
		{"data key", wrapped, func(b []byte) error { _, err := ring.Unwrap("case/1", b); return err }},
		{"sub key", sub, func(b []byte) error { _, err := key.UnwrapSub("participant/1", b); return err }},
		{"stream", stream, func(b []byte) error { _, err := unstreamed(key, b, "blob/1"); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.open(tt.bytes); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
			for i := range tt.bytes {
				for _, bit := range []byte{1, 0x80} {
					changed := bytes.Clone(tt.bytes)
					changed[i] ^= bit
					if err := tt.open(changed); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrKey) {
						t.Errorf("byte %d changed: %v", i, err)
					}
				}
			}
			for n := range tt.bytes {
				if err := tt.open(tt.bytes[:n]); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrKey) {
					t.Errorf("cut to %d bytes: %v", n, err)
				}
			}
			if err := tt.open(append(bytes.Clone(tt.bytes), 0)); !errors.Is(err, ErrTampered) {
				t.Errorf("one byte more: %v", err)
			}
		})
	}
}

// A value, a sub key and a stream are never taken for one another.
func TestPurposesAreApart(t *testing.T) {
	key := newKey()
	_, sub, err := key.Wrap("x")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(bytes.Repeat([]byte{7}, keySize), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Open(sub, "x"); !errors.Is(err, ErrTampered) {
		t.Errorf("a wrapped key opens as a value: %v", err)
	}
	if _, err := key.UnwrapSub("x", sealed); !errors.Is(err, ErrTampered) {
		t.Errorf("a value unwraps as a key: %v", err)
	}
	if _, err := unstreamed(key, sealed, "x"); !errors.Is(err, ErrTampered) {
		t.Errorf("a value opens as a stream: %v", err)
	}
}

func TestDroppedSubKeyIsUnreadable(t *testing.T) {
	key := newKey()
	sub, wrapped, err := key.Wrap("body/3")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sub.Seal([]byte("to be forgotten"), "event/3")
	if err != nil {
		t.Fatal(err)
	}
	back, err := key.UnwrapSub("body/3", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := back.Open(sealed, "event/3"); err != nil || string(got) != "to be forgotten" {
		t.Fatalf("opened %q, %v", got, err)
	}
	if _, err := key.UnwrapSub("body/4", wrapped); !errors.Is(err, ErrTampered) {
		t.Errorf("a sub key moved to another place: %v", err)
	}
	// What is left once the wrapped key is dropped: the case key, and any new key made under the same label.
	if _, err := key.Open(sealed, "event/3"); !errors.Is(err, ErrTampered) {
		t.Errorf("the case key opens what its sub key sealed: %v", err)
	}
	again, _, err := key.Wrap("body/3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Open(sealed, "event/3"); !errors.Is(err, ErrTampered) {
		t.Errorf("a new key under the old label opens the old value: %v", err)
	}
}

func TestMissingKey(t *testing.T) {
	var key *Key
	_, sealErr := key.Seal(nil, "")
	_, openErr := key.Open(nil, "")
	_, _, wrapErr := key.Wrap("")
	_, subErr := key.UnwrapSub("", nil)
	_, inErr := key.SealStream(io.Discard, "")
	_, outErr := key.OpenStream(strings.NewReader(""), "")
	for i, err := range []error{sealErr, openErr, wrapErr, subErr, inErr, outErr} {
		if !errors.Is(err, ErrKey) {
			t.Errorf("use %d of a missing key: %v", i, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a blind index was made without a key")
		}
	}()
	key.Blind("word", "value")
}

func TestStreamRoundTrip(t *testing.T) {
	key := newKey()
	for _, size := range []int{0, 1, 1000, segmentSize - 57, segmentSize - 56, segmentSize - 55, 3 * segmentSize, 3*segmentSize + 5} {
		plain := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		stream := streamed(t, key, plain, "blob/1")
		for _, r := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream))} {
			opened, err := key.OpenStream(r, "blob/1")
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(opened)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("%d bytes came back as %d, %v", size, len(got), err)
			}
		}
		if _, err := unstreamed(key, stream, "blob/2"); !errors.Is(err, ErrTampered) {
			t.Errorf("%d bytes opened in another place: %v", size, err)
		}
	}
}

func TestTruncatedStreamIsRefused(t *testing.T) {
	key := newKey()
	stream := streamed(t, key, make([]byte, 3*segmentSize), "blob/1")
	// Cut at the borders of the pieces (behind the format byte) too, where each piece left is whole in itself.
	for _, n := range []int{1, 41, 1 + segmentSize, 1 + 2*segmentSize, 1 + 3*segmentSize, len(stream) - 17, len(stream) - 1} {
		if _, err := unstreamed(key, stream[:n], "blob/1"); !errors.Is(err, ErrTampered) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(stream), err)
		}
	}
	var unclosed bytes.Buffer
	w, err := key.SealStream(&unclosed, "blob/1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 2*segmentSize)); err != nil {
		t.Fatal(err)
	}
	if _, err := unstreamed(key, unclosed.Bytes(), "blob/1"); !errors.Is(err, ErrTampered) {
		t.Errorf("a stream never closed: %v", err)
	}
}

func TestBrokenDiskIsNotTampering(t *testing.T) {
	key := newKey()
	stream := streamed(t, key, make([]byte, 3*segmentSize), "blob/1")
	broken := errors.New("input/output error")
	for _, n := range []int{0, 1, 20, 100, len(stream) / 2, len(stream)} {
		r := io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(broken))
		opened, err := key.OpenStream(r, "blob/1")
		if err == nil {
			_, err = io.ReadAll(opened)
			if _, again := opened.Read(make([]byte, 1)); !errors.Is(again, broken) {
				t.Errorf("read again after a fault: %v", again)
			}
		}
		if !errors.Is(err, broken) || errors.Is(err, ErrTampered) {
			t.Errorf("a disk that breaks after %d bytes: %v", n, err)
		}
	}
}

func TestBlind(t *testing.T) {
	key, err := keyFrom(bytes.Repeat([]byte{9}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	// Frozen: a search index and an idempotency table are keyed with it.
	if got, want := key.Blind("word", "overflow"), "A2B7PsERAJcQ81wExv8lcA"; got != want {
		t.Errorf("blind index is %s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, in := range [][2]string{{"word", "overflow"}, {"wordo", "verflow"}, {"", "wordoverflow"}, {"mail", "overflow"}, {"word", "Overflow"}} {
		got := key.Blind(in[0], in[1])
		if len(got) != 22 {
			t.Errorf("%q has %d characters", got, len(got))
		}
		if was, double := seen[got]; double {
			t.Errorf("%q and %q share a stand-in", was, in)
		}
		seen[got] = fmt.Sprint(in)
		if got == newKey().Blind(in[0], in[1]) {
			t.Errorf("%q is the same under another key", in)
		}
	}
}

// Sealed under a key of 32 bytes 9 by the first version of this room; never change them.
const (
	frozenValue  = "01c2b7d15753cf5933de58cd81ffdf666aeab8f8f867e3b1572e6109597030bede13a92c5d6bbf33ffb19018"
	frozenSub    = "016594a116ef6288a790928811f8b99ee0852ada76af59819a38e83eb9a5a12b1892fee8ab656dd065ffa2aa915e1babbc49ff562cba5660e02219be09"
	frozenStream = "0128274bf13ed554085e3bbe99e0dfef4a22ed63285c99f7f21e3f5a91350a28aede76389c90acdc39d5079eb27839e881b1adcf40045d3ccf697900861a3db3a982a65baac9621a"
)

// Frozen: what version one has sealed opens for ever.
func TestFormatIsFrozen(t *testing.T) {
	key, err := keyFrom(bytes.Repeat([]byte{9}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	got, err := key.Open(unhex(t, frozenValue), "event/FL-2026-7KQ4MXZ/1")
	if err != nil || string(got) != "sealed long ago" {
		t.Errorf("value opened as %q, %v", got, err)
	}
	sub, err := key.UnwrapSub("body/1", unhex(t, frozenSub))
	if err != nil || !bytes.Equal(sub.m().root[:], bytes.Repeat([]byte{8}, keySize)) {
		t.Errorf("sub key: %v", err)
	}
	got, err = unstreamed(key, unhex(t, frozenStream), "blob/1")
	if err != nil || string(got) != "sealed long ago" {
		t.Errorf("stream opened as %q, %v", got, err)
	}
}

func TestKeysDoNotShowThemselves(t *testing.T) {
	root := bytes.Repeat([]byte("K"), keySize)
	key, err := keyFrom(root)
	if err != nil {
		t.Fatal(err)
	}
	ring := mustRing(t)
	text, err := ring.encode()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Key  *Key
		Ring *Keyring
		in   *Key
		by   Key
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", *key)
		fmt.Fprintf(&out, verb+"\n", ring)
		fmt.Fprintf(&out, verb+"\n", holder{key, ring, key, *key})
		fmt.Fprintf(&out, verb+"\n", &holder{key, ring, key, *key})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("keys", "key", key, "value", *key, "ring", ring, "all", holder{key, ring, key, *key})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("keys", "key", key, "value", *key, "ring", ring, "all", holder{key, ring, key, *key})
	encoded, err := json.Marshal([]any{key, *key, ring, holder{key, ring, key, *key}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	for _, secret := range []string{string(root[:8]), "4b4b4b4b", "4B4B4B4B", "75 75 75 75", "0x4b, 0x4b", strings.Fields(string(text))[3]} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("a printed key shows %q", secret)
		}
	}
	if got := fmt.Sprintf("%v %x %d %v", key, key, *key, ring); got != "[key] [key] [key] [key]" {
		t.Errorf("keys print as %q", got)
	}
}

func TestKeysAreCheap(t *testing.T) {
	ring := mustRing(t)
	if n := testing.AllocsPerRun(100, func() { _, _, _ = ring.NewKey("case/1") }); n > 8 {
		t.Errorf("a new key takes %v allocations", n)
	}
	key, plain := newKey(), make([]byte, 2048)
	if n := testing.AllocsPerRun(100, func() { _, _ = key.Seal(plain, "event/1") }); n > 4 {
		t.Errorf("sealing takes %v allocations", n)
	}
}

func FuzzOpen(f *testing.F) {
	key, err := keyFrom(bytes.Repeat([]byte{9}, keySize))
	if err != nil {
		f.Fatal(err)
	}
	ring, err := NewKeyring()
	if err != nil {
		f.Fatal(err)
	}
	text, err := ring.encode()
	if err != nil {
		f.Fatal(err)
	}
	_, wrapped, err := ring.NewKey("body/1")
	if err != nil {
		f.Fatal(err)
	}
	value, sub, stream := unhex(f, frozenValue), unhex(f, frozenSub), unhex(f, frozenStream)
	for _, seed := range [][]byte{nil, {1}, {2, 1}, value, sub, stream, wrapped, wrapped[:6], text, bytes.Repeat([]byte{1}, 200)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, err := key.Open(in, "event/FL-2026-7KQ4MXZ/1"); (err == nil) != bytes.Equal(in, value) {
			t.Errorf("%x opened as %x, %v", in, got, err)
		}
		if _, err := key.UnwrapSub("body/1", in); (err == nil) != bytes.Equal(in, sub) {
			t.Errorf("%x unwrapped as a sub key: %v", in, err)
		}
		if got, err := unstreamed(key, in, "blob/1"); (err == nil) != bytes.Equal(in, stream) {
			t.Errorf("%x opened as stream %x, %v", in, got, err)
		}
		if _, err := ring.Unwrap("body/1", in); (err == nil) != bytes.Equal(in, wrapped) {
			t.Errorf("%x unwrapped: %v", in, err)
		}
		if k, err := decode(in); err == nil && k.PrimaryID() == "" {
			t.Errorf("%q is a keyring without a primary", in)
		}
	})
}

func streamed(t *testing.T, key *Key, plain []byte, ad string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := key.SealStream(&out, ad)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(plain)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unstreamed(key *Key, stream []byte, ad string) ([]byte, error) {
	r, err := key.OpenStream(bytes.NewReader(stream), ad)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
