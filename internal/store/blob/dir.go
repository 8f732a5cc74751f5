package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"fairlead/internal/cvd"
)

// incoming holds files that are still being written. Its name is longer than
// those of the folders that fan out.
const incoming = "incoming"

// Folder is a Store in a folder of the file system: a blob "abcd…" is the file
// ab/abcd…. No name leads out of it, not even through a symbolic link.
type Folder struct {
	root    *os.Root
	path    string      // where the folder stands
	was     os.FileInfo // and what stood there when it was opened
	number  atomic.Int64
	naming  sync.Mutex // between looking whether a name is free and taking it
	lasting sync.Map   // folders whose own entry is known to be on disk

	// Floor is how many bytes of the disk are left free: below it Put is a cvd.ErrFull,
	// so that the database next to it has room for words. 0 leaves none. It is set
	// before the folder is used.
	Floor int64
	// Free tells how many bytes are free on the disk; nil asks the system.
	Free func(folder string) (int64, error)
}

// Full tells whether less than the floor is left. A disk that does not say is not full.
func (f *Folder) Full() bool {
	if f.Floor <= 0 {
		return false
	}
	free := f.Free
	if free == nil {
		free = freeBytes
	}
	left, err := free(f.path)
	return err == nil && left < f.Floor
}

func freeBytes(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // no disk is so large; their types differ by system
}

var _ Store = (*Folder)(nil)

// Dir opens the folder, makes it if need be, and removes what a crash left half
// written. Only one process may put blobs into a folder at the same time.
func Dir(folder string) (*Folder, error) {
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return nil, fault(err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fault(err)
	}
	was, err := root.Stat(".")
	if err != nil {
		return nil, errors.Join(fault(err), root.Close())
	}
	if err := errors.Join(root.RemoveAll(incoming), root.MkdirAll(incoming, 0o700)); err != nil {
		return nil, errors.Join(fault(err), root.Close())
	}
	return &Folder{root: root, path: folder, was: was}, nil
}

// inPlace says whether what is written arrives where it is looked for. A folder
// that was moved or removed still takes files, and loses them.
func (f *Folder) inPlace() error {
	now, err := os.Stat(f.path)
	if err == nil && !os.SameFile(f.was, now) {
		err = fs.ErrNotExist
	}
	return err
}

// Close lets the folder go. Blobs that are open stay readable.
func (f *Folder) Close() error { return f.root.Close() }

func place(name string) string { return path.Join(name[:2], name) }

// Put writes a file aside, waits for the disk, and only then gives it its name.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	if err := check(name); err != nil {
		return 0, err
	}
	if f.Full() {
		return 0, fmt.Errorf("%w: %w", cvd.ErrUnavailable, cvd.ErrFull)
	}
	half := path.Join(incoming, name+"."+strconv.FormatInt(f.number.Add(1), 10))
	size, err := f.write(ctx, half, r)
	if err == nil {
		err = f.name(half, name)
	}
	if err != nil {
		_ = f.root.Remove(half)
		return 0, err
	}
	return size, nil
}

func (f *Folder) write(ctx context.Context, half string, r io.Reader) (int64, error) {
	to, err := f.root.OpenFile(half, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fault(err)
	}
	from := &source{ctx: ctx, r: r}
	size, err := io.Copy(struct{ io.Writer }{to}, from)
	if from.err != nil {
		return 0, errors.Join(from.err, to.Close())
	}
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return 0, fault(err)
	}
	return size, ctx.Err()
}

// name moves a whole file to its place and makes the move last.
func (f *Folder) name(half, name string) error {
	if err := f.fan(name[:2]); err != nil {
		return err
	}
	f.naming.Lock()
	_, err := f.root.Lstat(place(name))
	if err == nil {
		f.naming.Unlock()
		return fmt.Errorf("%w: a blob of that name exists", cvd.ErrConflict)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = f.root.Rename(half, place(name))
	}
	f.naming.Unlock()
	if err != nil {
		return fault(err)
	}
	if err := errors.Join(f.sync(name[:2]), f.inPlace()); err != nil {
		// Not known to be on disk, so it must not be there later either.
		_ = f.root.Remove(place(name))
		return fault(err)
	}
	return nil
}

// fan makes a folder and waits until the disk knows it. That somebody else made
// it does not mean that it lasts yet.
func (f *Folder) fan(folder string) error {
	if _, ok := f.lasting.Load(folder); ok {
		return nil
	}
	if err := f.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fault(err)
	}
	if err := f.sync("."); err != nil {
		return fault(err)
	}
	f.lasting.Store(folder, true)
	return nil
}

func (f *Folder) sync(folder string) error {
	d, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens the blob's file.
func (f *Folder) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := errors.Join(check(name), ctx.Err()); err != nil {
		return nil, err
	}
	file, err := f.root.Open(place(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cvd.ErrNotFound
	}
	if err != nil {
		return nil, fault(err)
	}
	return file, nil
}

// Delete removes the blob's file and makes that last.
func (f *Folder) Delete(ctx context.Context, name string) error {
	if err := errors.Join(check(name), ctx.Err()); err != nil {
		return err
	}
	err := f.root.Remove(place(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault(err)
	}
	return fault(f.sync(name[:2]))
}

// List walks the folders in order. Files that are no blobs are passed over.
func (f *Folder) List(ctx context.Context, each func(name string, size int64) error) error {
	tree := f.root.FS()
	folders, err := fs.ReadDir(tree, ".")
	if err != nil {
		return fault(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			continue
		}
		files, err := fs.ReadDir(tree, folder.Name())
		if err != nil {
			return fault(err)
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !file.Type().IsRegular() || !Valid(file.Name()) || file.Name()[:2] != folder.Name() {
				continue
			}
			info, err := file.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted meanwhile
			}
			if err != nil {
				return fault(err)
			}
			if err := each(file.Name(), info.Size()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ready writes a small file aside, waits for the disk and removes it.
func (f *Folder) Ready(ctx context.Context) error {
	half := path.Join(incoming, "ready."+strconv.FormatInt(f.number.Add(1), 10))
	_, err := f.write(ctx, half, &io.LimitedReader{R: zeros{}, N: 64 << 10})
	if gone := errors.Join(f.root.Remove(half), f.inPlace()); err == nil {
		err = fault(gone)
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// source remembers an error of the reader, to tell it from one of the disk, and
// ends with the caller.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err // the sender's own fault, in its own words
	}
	return n, err
}

// fault says in plain words why the medium refused, without any path.
func fault(err error) error {
	if err == nil {
		return nil
	}
	why := "the folder of attachments cannot be used"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		why = "the disk is full"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		why = "the folder of attachments may not be written"
	case errors.Is(err, syscall.EIO):
		why = "the disk reports an error"
	case errors.Is(err, fs.ErrNotExist):
		why = "the folder of attachments is gone"
	}
	return fmt.Errorf("%w: %s", cvd.ErrUnavailable, why)
}
