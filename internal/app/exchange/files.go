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
// .json file below, by name, and lists the others. A file whose name is another's of
// its folder with a hyphen and more behind it comes after all that are not: it may be
// a copy in another language, and its original is to be known by then.
func Walk(paths []string, each func(path string, err error) error) (passed []string, err error) {
	type file struct {
		path string
		err  error
	}
	var all []file
	stems := map[string]bool{}
	add := func(path string, err error) {
		all, stems[stem(path)] = append(all, file{path, err}), true
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			add(path, err)
			continue
		}
		_ = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				add(p, err)
			case d.IsDir():
			case !strings.EqualFold(filepath.Ext(p), ".json"):
				passed = append(passed, p)
			default:
				add(p, nil)
			}
			return nil
		})
	}
	for _, later := range []bool{false, true} {
		for _, f := range all {
			if behind(f.path, stems) != later {
				continue
			}
			if err := each(f.path, f.err); err != nil {
				return passed, err
			}
		}
	}
	return passed, nil
}

func stem(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) }

// behind tells whether the name goes on from another's.
func behind(path string, stems map[string]bool) bool {
	s := stem(path)
	for i := len(s) - 1; i > 0 && !os.IsPathSeparator(s[i]); i-- {
		if s[i] == '-' && stems[s[:i]] {
			return true
		}
	}
	return false
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
