package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func mustRing(t *testing.T) *Keyring {
	t.Helper()
	k, err := NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func saved(*Keyring) error { return nil }

// sample is a wrapped key and a value under it, to ask of any keyring whether it can read them.
type sample struct{ wrapped, sealed []byte }

func sampleOf(t *testing.T, k *Keyring) sample {
	t.Helper()
	key, wrapped, err := k.NewKey("case/1")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal([]byte("canary"), "event/1")
	if err != nil {
		t.Fatal(err)
	}
	return sample{wrapped, sealed}
}

func (s sample) readBy(k *Keyring) error {
	key, err := k.Unwrap("case/1", s.wrapped)
	if err != nil {
		return err
	}
	got, err := key.Open(s.sealed, "event/1")
	if err == nil && string(got) != "canary" {
		return fmt.Errorf("opened as %q", got)
	}
	return err
}

func TestRotation(t *testing.T) {
	k := mustRing(t)
	first := k.PrimaryID()
	old := sampleOf(t, k)
	if by, err := WrappedBy(old.wrapped); err != nil || by != first {
		t.Errorf("wrapped by %s, %v; want %s", by, err, first)
	}
	var kept *Keyring
	second, err := k.Rotate(func(next *Keyring) error { kept = next; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if second == first || k.PrimaryID() != second || !k.Holds(first) || !k.Holds(second) {
		t.Fatalf("after the rotation from %s to %s the primary is %s", first, second, k.PrimaryID())
	}
	fresh := sampleOf(t, k)
	for name, one := range map[string]*Keyring{"rotated": k, "saved": kept} {
		if err := errors.Join(old.readBy(one), fresh.readBy(one)); err != nil {
			t.Errorf("the %s keyring: %v", name, err)
		}
	}

	moved, err := k.Rewrap("case/1", old.wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if by, err := WrappedBy(moved); err != nil || by != second {
		t.Errorf("moved to %s, %v; want %s", by, err, second)
	}
	if _, err := k.Rewrap("case/2", old.wrapped); !errors.Is(err, ErrTampered) {
		t.Errorf("moved under another label: %v", err)
	}
	if err := k.Drop(second, saved); err == nil {
		t.Error("the primary was dropped")
	}
	if err := k.Drop(first, saved); err != nil {
		t.Fatal(err)
	}
	if err := old.readBy(k); !errors.Is(err, ErrKey) {
		t.Errorf("read under a dropped key: %v", err)
	}
	if err := (sample{moved, old.sealed}).readBy(k); err != nil {
		t.Errorf("the moved key: %v", err)
	}
	if err := k.Drop(first, saved); !errors.Is(err, ErrKey) {
		t.Errorf("dropped twice: %v", err)
	}
}

func TestUnsavedRotationChangesNothing(t *testing.T) {
	k := mustRing(t)
	first, full := k.PrimaryID(), errors.New("no space left")
	if _, err := k.Rotate(func(*Keyring) error { return full }); !errors.Is(err, full) {
		t.Errorf("rotation: %v", err)
	}
	if _, err := k.Rotate(nil); err == nil {
		t.Error("rotated without a way to save")
	}
	if k.PrimaryID() != first {
		t.Error("an unsaved primary is in use")
	}
}

func TestRotationWithoutDowntime(t *testing.T) {
	k := mustRing(t)
	old := sampleOf(t, k)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				_, wrapped, err := k.NewKey("case/2")
				if err == nil {
					_, err = k.Unwrap("case/2", wrapped)
				}
				if err = errors.Join(err, old.readBy(k)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		if _, err := k.Rotate(saved); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestForeignKeyring(t *testing.T) {
	s := sampleOf(t, mustRing(t))
	if err := s.readBy(mustRing(t)); !errors.Is(err, ErrKey) {
		t.Errorf("a foreign keyring: %v", err)
	}
	var none *Keyring
	if _, _, err := none.NewKey("case/1"); !errors.Is(err, ErrKey) {
		t.Errorf("no keyring: %v", err)
	}
	if err := s.readBy(&Keyring{}); !errors.Is(err, ErrKey) {
		t.Errorf("an empty keyring: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := OpenFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	k, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := sampleOf(t, k)
	if _, err := CreateFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("created over a key file: %v", err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("%d files beside the key file, %v", len(all)-1, err)
	}
	if _, err := k.Rotate(func(next *Keyring) error { return next.SaveFile(path) }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 {
		t.Errorf("left beside the key file: %v, %v", names, err)
	}
	back, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.PrimaryID() != k.PrimaryID() {
		t.Errorf("primary %s came back as %s", k.PrimaryID(), back.PrimaryID())
	}
	if err := errors.Join(s.readBy(back), sampleOf(t, k).readBy(back)); err != nil {
		t.Error(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o660, 0o644, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}

func TestDamagedKeyFile(t *testing.T) {
	k := mustRing(t)
	text, err := k.encode()
	if err != nil {
		t.Fatal(err)
	}
	closed, err := k.sealPassphrase("long enough", 10)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(text)
	flipped[len(keyringHeader)+40] ^= 1
	path := filepath.Join(t.TempDir(), "key")
	for name, in := range map[string][]byte{
		"empty": {}, "cut": text[:len(text)/2], "without sum": text[:len(text)-66], "flipped": flipped, "sealed": closed,
		"huge": bytes.Repeat([]byte("x"), maxKeyring+1), "other": []byte("-----BEGIN PRIVATE KEY-----\n"), "header only": []byte(keyringHeader + "\n"),
	} {
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
	if _, err := OpenFile(filepath.Dir(path)); err == nil {
		t.Error("a folder was opened as a key file")
	}
}

func TestPassphrase(t *testing.T) {
	k := mustRing(t)
	s := sampleOf(t, k)
	text, err := k.sealPassphrase("correct horse", 10)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte(sealedHeader)) {
		t.Errorf("text starts %.40q", text)
	}
	back, err := OpenPassphrase("correct horse", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.readBy(back); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "Correct horse", "correct horse\n"} {
		if _, err := OpenPassphrase(wrong, text); !errors.Is(err, ErrKey) {
			t.Errorf("passphrase %q: %v", wrong, err)
		}
	}
	if _, err := k.SealPassphrase(""); err == nil {
		t.Error("sealed with an empty passphrase")
	}
	changed := bytes.Replace(text, []byte("\n"), []byte("\nAAAA"), 2)
	if _, err := OpenPassphrase("correct horse", changed); !errors.Is(err, ErrTampered) {
		t.Errorf("changed text: %v", err)
	}
	if _, err := OpenPassphrase("correct horse", bytes.Repeat([]byte("x"), 2*maxKeyring+1)); !errors.Is(err, ErrTampered) {
		t.Errorf("huge text: %v", err)
	}
}

func TestRecovery(t *testing.T) {
	identity, recipient, err := NewRecovery()
	if err != nil {
		t.Fatal(err)
	}
	k := mustRing(t)
	s := sampleOf(t, k)
	if _, err := k.Rotate(saved); err != nil {
		t.Fatal(err)
	}
	text, err := k.Recover(recipient)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Restore("  "+identity+"\n", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.readBy(back), sampleOf(t, k).readBy(back)); err != nil {
		t.Error(err)
	}
	other, _, err := NewRecovery()
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", other, recipient, identity[:len(identity)-3], "AGE-SECRET-KEY-1NOTAKEYATALL"} {
		_, err := Restore(wrong, text)
		if !errors.Is(err, ErrKey) {
			t.Errorf("a wrong identity: %v", err)
		} else if len(wrong) > 20 && strings.Contains(err.Error(), wrong[15:]) {
			t.Errorf("the error shows the identity: %v", err)
		}
	}
	if _, err := Restore(identity, text[:len(text)/2]); !errors.Is(err, ErrTampered) {
		t.Errorf("cut text: %v", err)
	}
	if _, err := k.Recover("age1nonsense"); err == nil {
		t.Error("sealed to a recipient that is none")
	}
	two, err := k.SealTo(recipient, mustRecipient(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWith(identity, two); err != nil {
		t.Errorf("one of two recipients: %v", err)
	}
}

func mustRecipient(t *testing.T) string {
	t.Helper()
	_, recipient, err := NewRecovery()
	if err != nil {
		t.Fatal(err)
	}
	return recipient
}
