// Package fresh makes names that nobody can guess: the ids of cases, and the names
// under which blobs are kept.
//
// It never looks whether a name is taken: whoever writes it down finds out.
package fresh

import (
	"encoding/hex"
	"fmt"
	"io"

	"fairlead/internal/cvd"
)

func none(err error) error { return fmt.Errorf("%w: no randomness: %w", cvd.ErrUnavailable, err) }

// CaseID is a new id of the program with that prefix. Errors: cvd.ErrUnavailable.
func CaseID(random io.Reader, prefix string, year int) (cvd.CaseID, error) {
	var b [6]byte
	for i := range b {
		// Bytes from 248 up would favour the first letters of the alphabet.
		for {
			if _, err := io.ReadFull(random, b[i:i+1]); err != nil {
				return "", none(err)
			}
			if b[i] < 248 {
				break
			}
		}
	}
	return cvd.NewCaseID(prefix, year, b), nil
}

// Blob is a new name of a blob, 128 bits in hex. Errors: cvd.ErrUnavailable.
func Blob(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", none(err)
	}
	return hex.EncodeToString(b[:]), nil
}
