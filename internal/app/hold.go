package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"fairlead/internal/cvd"
)

// A server holds its data folder: a second one is refused, and the command line
// finds the running one by what it announced there.

// Held is a data folder that this process works in.
type Held struct {
	dir  string
	lock *os.File
}

// Running is what a server announces in its data folder, readable by its owner
// only.
type Running struct {
	URL      string `json:"url"`
	Operator string `json:"operator"` // a bearer token for this run
	CA       string `json:"ca,omitempty"`
	PID      int    `json:"pid"`
}

// ErrHeld means that another process works in the data folder.
var ErrHeld = fmt.Errorf("%w: another fairlead works in this data folder", cvd.ErrUnavailable)

// Hold takes the data folder, making it if need be.
func Hold(dir string) (*Held, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w (%s)", ErrHeld, dir), f.Close())
	}
	return &Held{dir, f}, nil
}

// Holds says why there is nothing to ask in the configuration's data folder, or
// nil. It makes no folder and no file, so that a mistyped name leaves nothing.
func Holds(cfg Config) error {
	what := filepath.Join(cfg.Data, "fairlead.db")
	if cfg.Database.Engine == "postgres" {
		what = cfg.Data
	}
	_, err := os.Stat(what)
	if errors.Is(err, os.ErrNotExist) {
		if _, running := FindRunning(cfg.Data); running == nil {
			return nil // its server can say what is wrong
		}
		return fmt.Errorf("%w: %s is no data folder of a Fairlead; name the one that its server was started with", cvd.ErrUnavailable, cfg.Data)
	}
	if err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	return nil
}

func announcement(dir string) string { return filepath.Join(dir, "running.json") }

// Announce writes where this server answers, with a fresh operator's secret,
// and returns the secret.
func (h *Held) Announce(url, ca string) (string, error) {
	a, err := randomName()
	b, err2 := randomName()
	if err := errors.Join(err, err2); err != nil {
		return "", err
	}
	r := Running{URL: url, Operator: a + b, CA: ca, PID: os.Getpid()}
	text, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	return r.Operator, writeFile(announcement(h.dir), text, 0o600)
}

// Release gives the folder free.
func (h *Held) Release() error {
	err := os.Remove(announcement(h.dir))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, h.lock.Close())
}

// FindRunning reads what the server of a data folder announced.
func FindRunning(dir string) (Running, error) {
	var r Running
	b, err := os.ReadFile(announcement(dir))
	if err != nil {
		return r, fmt.Errorf("%w: no running server is announced in %s", cvd.ErrUnavailable, dir)
	}
	return r, json.Unmarshal(b, &r)
}
