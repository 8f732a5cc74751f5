// Package folder is the data folder: held by one process at a time, in which the
// command line finds the running server, and where files are written whole.
//
// It never looks into the database and keeps no secret.
package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"fairlead/internal/cvd"
)

// Held is a data folder that this process works in.
type Held struct {
	dir    string
	lock   *os.File
	socket string
}

// Running is what a server announces in its data folder. It holds no secret: a
// copy of the folder opens nothing.
type Running struct {
	URL string `json:"url"`
	// Socket is where the server answers whoever may open that file, as the
	// operator. It lies outside the data folder.
	Socket string `json:"socket"`
	PID    int    `json:"pid"`
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
	return &Held{dir: dir, lock: f}, nil
}

// Holds says why there is nothing to ask in the data folder of a database of that
// engine, or nil. It makes no folder and no file, so that a mistyped name leaves nothing.
func Holds(dir, engine string) error {
	what := filepath.Join(dir, "fairlead.db")
	if engine == "postgres" {
		what = dir
	}
	_, err := os.Stat(what)
	if errors.Is(err, os.ErrNotExist) {
		if _, running := Find(dir); running == nil {
			return nil // its server can say what is wrong
		}
		return fmt.Errorf("%w: %s is no data folder of a Fairlead; name the one that its server was started with", cvd.ErrUnavailable, dir)
	}
	if err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	return nil
}

func announcement(dir string) string { return filepath.Join(dir, "running.json") }

// Announce writes where this server answers, and returns the socket on which it
// must answer its operator: a file in a fresh folder that only this user may
// enter.
func (h *Held) Announce(url string) (socket string, err error) {
	if old, err := Find(h.dir); err == nil {
		forgetSocket(old.Socket) // it was killed: whoever holds the folder is us
	}
	// A service has a folder for this; elsewhere it is the temporary one.
	dir, err := os.MkdirTemp(os.Getenv("RUNTIME_DIRECTORY"), "fairlead-")
	if err != nil {
		return "", fmt.Errorf("%w: temporary folder: %w", cvd.ErrUnavailable, err)
	}
	h.socket = filepath.Join(dir, "operator")
	text, err := json.Marshal(Running{URL: url, Socket: h.socket, PID: os.Getpid()})
	if err != nil {
		return "", err
	}
	return h.socket, Write(announcement(h.dir), text, 0o600)
}

// forgetSocket removes what a server that was killed left of its socket, if it is one
// that Announce made.
func forgetSocket(path string) {
	dir := filepath.Dir(path)
	if filepath.Base(path) == "operator" && strings.HasPrefix(filepath.Base(dir), "fairlead-") {
		_ = os.Remove(path)
		_ = os.Remove(dir) // only if nothing else is in it
	}
}

// Release gives the folder free.
func (h *Held) Release() error {
	err := os.Remove(announcement(h.dir))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if h.socket != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Dir(h.socket)))
	}
	return errors.Join(err, h.lock.Close())
}

// Find reads what the server of a data folder announced.
func Find(dir string) (Running, error) {
	var r Running
	b, err := os.ReadFile(announcement(dir))
	if err != nil {
		return r, fmt.Errorf("%w: no running server is announced in %s", cvd.ErrUnavailable, dir)
	}
	return r, json.Unmarshal(b, &r)
}
