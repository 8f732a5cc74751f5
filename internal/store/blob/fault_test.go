package blob

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"fairlead/internal/cvd"
)

func TestFaultsAreNamed(t *testing.T) {
	for cause, words := range map[error]string{
		syscall.ENOSPC: "full", syscall.EDQUOT: "full", syscall.EROFS: "may not be written", syscall.EACCES: "may not be written",
		syscall.EIO: "reports an error", syscall.ENOENT: "gone", syscall.ENOTDIR: "cannot be used",
	} {
		err := fault(&fs.PathError{Op: "write", Path: "/secret/place", Err: cause})
		if !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", cause, err)
		}
	}
	if fault(nil) != nil {
		t.Error("nothing became a fault")
	}
}
