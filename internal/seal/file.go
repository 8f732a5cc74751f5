package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sealedHeader opens a keyring that SealPassphrase or SealTo has closed (age's text armour).
const sealedHeader = "-----BEGIN AGE ENCRYPTED FILE-----"

// CreateFile makes a new keyring and keeps it in a new file that only its owner may read (mode 0600). It is there
// whole or not at all, and synced with its folder before it returns. Errors: one that is fs.ErrExist if something stands at path already, which is left as
// it is.
func CreateFile(path string) (*Keyring, error) {
	k, err := NewKeyring()
	if err != nil {
		return nil, err
	}
	text, err := k.encode()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("creating the key file: %w", fs.ErrExist)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // of mode 0600
	if err != nil {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	err = writeSynced(f, text)
	if err == nil {
		err = take(f.Name(), path)
	}
	if rm := os.Remove(f.Name()); !errors.Is(rm, fs.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	if err != nil {
		return nil, fmt.Errorf("creating the key file: %w", err)
	}
	if err := syncFolder(path); err != nil {
		// No data key was ever wrapped under this keyring, so nothing is lost with the file.
		return nil, errors.Join(fmt.Errorf("creating the key file: %w", err), os.Remove(path))
	}
	return k, nil
}

// take gives a file the name path, which nothing may have yet. Where the file system has no hard links it is renamed.
func take(file, path string) error {
	err := os.Link(file, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(file, path)
	}
	return err
}

// OpenFile reads the keyring kept at path. It refuses a file that anyone but its owner may read or write, since then the
// words at rest are no longer sealed. Errors: one that is fs.ErrNotExist if there is none; ErrKey if it is damaged or
// sealed itself.
func OpenFile(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a regular file", path)
	}
	if loose := info.Mode().Perm() &^ 0o700; loose != 0 {
		return nil, fmt.Errorf("the key file %s is open to others than its owner (mode %04o); close it with: chmod 600 %s",
			path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyring+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	switch {
	case len(text) > maxKeyring:
		return nil, fmt.Errorf("%w: the key file %s is larger than %d bytes, this is no keyring", ErrKey, path, maxKeyring)
	case len(text) == 0:
		return nil, fmt.Errorf("%w: the key file %s is empty; bring it back from a copy or with the recovery identity", ErrKey, path)
	case strings.HasPrefix(string(text), sealedHeader):
		return nil, fmt.Errorf("%w: the key file %s is itself sealed; open it with its passphrase or identity", ErrKey, path)
	}
	k, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	return k, nil
}

// SaveFile puts the keyring in the place of the file at path, or makes it, with mode 0600. A reader, or a crash at any
// moment, finds either the old or the new keyring whole.
func (k *Keyring) SaveFile(path string) error {
	text, err := k.encode()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // CreateTemp uses mode 0600
	if err != nil {
		return fmt.Errorf("saving the key file: %w", err)
	}
	if err := writeSynced(f, text); err != nil {
		return errors.Join(fmt.Errorf("saving the key file: %w", err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("saving the key file: %w", err), os.Remove(f.Name()))
	}
	if err := syncFolder(path); err != nil {
		return fmt.Errorf("saving the key file: %w", err)
	}
	return nil
}

func writeSynced(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
