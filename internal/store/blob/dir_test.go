package blob_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/blob/blobtest"
)

func folder(t *testing.T, path string) *blob.Folder {
	t.Helper()
	f, err := blob.Dir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFolder(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return folder(t, filepath.Join(t.TempDir(), "blobs")) })
}

const name = "abcdefghijklmnop"

func TestFolderLeavesNothingElse(t *testing.T) {
	path := t.TempDir()
	if err := os.MkdirAll(filepath.Join(path, "incoming"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "incoming", name+".1"), []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := folder(t, path)
	for _, content := range []string{"whole", "refused"} {
		_, err := f.Put(context.Background(), name, strings.NewReader(content))
		if (err != nil) != (content == "refused") {
			t.Error(err)
		}
	}
	if err := f.Ready(context.Background()); err != nil {
		t.Error(err)
	}
	var files []string
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, err := d.Info()
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			files = append(files, strings.TrimPrefix(p, path))
		}
		return err
	})
	if want := "/ab/" + name; err != nil || strings.Join(files, " ") != want {
		t.Errorf("files: %v, %v, want %s", files, err, want)
	}
}

func TestFolderIsNotLeft(t *testing.T) {
	outside, path := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, name), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := folder(t, path)
	if err := os.Symlink(outside, filepath.Join(path, "ab")); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, putErr := f.Put(ctx, name+"0", strings.NewReader("x"))
	_, openErr := f.Open(ctx, name)
	for what, err := range map[string]error{"put": putErr, "open": openErr, "delete": f.Delete(ctx, name)} {
		if err == nil {
			t.Errorf("%s went through a link", what)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside: %v, %v", left, err)
	}
}

func TestFolderGoneAndBack(t *testing.T) {
	path := t.TempDir()
	f := folder(t, path)
	ctx := context.Background()
	if err := os.Remove(filepath.Join(path, "incoming")); err != nil {
		t.Fatal(err)
	}
	_, err := f.Put(ctx, name, strings.NewReader("x"))
	if !errors.Is(err, cvd.ErrUnavailable) || strings.Contains(err.Error(), path) {
		t.Errorf("put: %v", err)
	}
	if err := f.Ready(ctx); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("ready: %v", err)
	}
	if err := os.Mkdir(filepath.Join(path, "incoming"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Ready(ctx); err != nil {
		t.Errorf("ready again: %v", err)
	}
	if _, err := f.Put(ctx, name, strings.NewReader("x")); err != nil {
		t.Errorf("put again: %v", err)
	}
}

// A folder that is moved away still takes files through its open handle; none
// of them counts as kept.
func TestFolderMovedAndBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blobs")
	f := folder(t, path)
	ctx := context.Background()
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(ctx, name, strings.NewReader("x")); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("put: %v", err)
	}
	if err := f.Ready(ctx); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("ready: %v", err)
	}
	if err := os.Rename(path+".aside", path); err != nil {
		t.Fatal(err)
	}
	if err := f.Ready(ctx); err != nil {
		t.Errorf("ready again: %v", err)
	}
	if _, err := f.Put(ctx, name, strings.NewReader("x")); err != nil {
		t.Errorf("put again: %v", err)
	}
}
