package exchange

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fairlead/internal/cvd"
)

// MaxFile is the most bytes of one file.
const MaxFile = 32 << 20

// Walk walks files and folders in the order given; of folders it takes every
// .json file below, by name, and counts the others.
func Walk(paths []string, each func(path string, err error) error) (passed int, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			if err := each(path, err); err != nil {
				return passed, err
			}
			continue
		}
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return each(p, err)
			case d.IsDir():
				return nil
			case !strings.EqualFold(filepath.Ext(p), ".json"):
				passed++
				return nil
			}
			return each(p, nil)
		})
		if err != nil {
			return passed, err
		}
	}
	return passed, nil
}

// ReadFile reads a file, no further than its limit.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(b) > MaxFile {
		return nil, fmt.Errorf("%w: over %d MiB", cvd.ErrTooLarge, MaxFile>>20)
	}
	return b, err
}
