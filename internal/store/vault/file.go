package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"fairlead/internal/cvd"
)

// SealFile seals plain under a key of its own while put stores what it reads,
// and tells what the file was. It returns when nothing reads plain any more.
func (k *Key) SealFile(name string, plain io.Reader, put func(sealed io.Reader) error) (*cvd.Attachment, error) {
	key, wrapped, err := k.Sub("blob/" + name)
	if err != nil {
		return nil, err
	}
	pr, pw := io.Pipe()
	sum := sha256.New()
	size := make(chan int64, 1)
	go func() {
		sealed, err := key.SealStream(pw, "blob/"+name)
		var n int64
		if err == nil {
			n, err = io.Copy(io.MultiWriter(sealed, sum), plain)
		}
		if err == nil {
			err = sealed.Close()
		}
		size <- n
		pw.CloseWithError(err)
	}()
	err = put(pr)
	pr.CloseWithError(err)
	n := <-size
	if err != nil {
		return nil, err
	}
	return &cvd.Attachment{Blob: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Key: wrapped}, nil
}

// OpenFile opens what SealFile sealed. Closing it closes sealed.
func (k *Key) OpenFile(f *cvd.Attachment, sealed io.ReadCloser) (io.ReadCloser, error) {
	key, err := k.OpenSub("blob/"+f.Blob, f.Key)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	plain, err := key.OpenStream(sealed, "blob/"+f.Blob)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	return &both{plain, sealed}, nil
}

type both struct {
	io.Reader
	io.Closer
}
