package blob_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store/blob"
)

// Below the floor no file is taken, and the disk is not asked to take one; above it
// they are again.
func TestFloor(t *testing.T) {
	f, err := blob.Dir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	free, wrong := int64(99), error(nil)
	f.Floor, f.Free = 100, func(string) (int64, error) { return free, wrong }
	put := func(name string) error {
		_, err := f.Put(context.Background(), strings.Repeat(name, 16), strings.NewReader("x"))
		return err
	}
	if err := put("a"); !errors.Is(err, cvd.ErrFull) || !errors.Is(err, cvd.ErrUnavailable) || !f.Full() {
		t.Errorf("below the floor: %v", err)
	}
	free = 100
	if err := put("a"); err != nil || f.Full() {
		t.Errorf("at the floor: %v", err)
	}
	free, wrong = 0, errors.New("the disk does not say")
	if err := put("b"); err != nil {
		t.Errorf("a disk that does not say: %v", err)
	}
	f.Free, f.Floor = nil, 1
	if err := put("c"); err != nil {
		t.Errorf("this disk: %v", err)
	}
	if f.Floor = 1 << 62; !f.Full() {
		t.Error("this disk has four exbibytes free")
	}
}
