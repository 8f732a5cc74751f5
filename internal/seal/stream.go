package seal

import (
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// segmentSize is the length in bytes of one sealed piece of a stream, its 16-byte tag included. It is part of the format.
const segmentSize = 64 << 10

func (m *material) streaming() (*subtle.AESGCMHKDF, error) {
	sub, err := subkey(m.root[:], purposeStream)
	if err != nil {
		return nil, err
	}
	return subtle.NewAESGCMHKDF(sub, "SHA256", keySize, segmentSize, 0)
}

// SealStream encrypts what is written to the result into w, in pieces of 64 KiB, so that a large attachment never stands in
// memory. ad is as for Seal. The stream is whole only once Close has returned without an error; one never closed is refused
// by OpenStream as cut short. Close does not close w.
func (k *Key) SealStream(w io.Writer, ad string) (io.WriteCloser, error) {
	m, err := k.material()
	if err != nil {
		return nil, err
	}
	s, err := m.streaming()
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte{formatOne}); err != nil {
		return nil, fmt.Errorf("sealing a stream: %w", err)
	}
	out, err := s.NewEncryptingWriter(w, []byte(ad))
	if err != nil {
		return nil, fmt.Errorf("sealing a stream: %w", err)
	}
	return out, nil
}

// OpenStream decrypts what SealStream wrote under the same key with the same ad. Each piece is checked before a byte of it
// is handed out, but that the stream is whole is known only at io.EOF: who passes bytes on must break off visibly on any
// other error. Errors of Read: ErrTampered, or the error of r as it is.
func (k *Key) OpenStream(r io.Reader, ad string) (io.Reader, error) {
	m, err := k.material()
	if err != nil {
		return nil, err
	}
	s, err := m.streaming()
	if err != nil {
		return nil, err
	}
	src := &source{r: r}
	var format [1]byte
	if _, err := io.ReadFull(src, format[:]); err != nil {
		return nil, src.fault()
	}
	if _, err := unframed(format[:]); err != nil {
		return nil, err
	}
	plain, err := s.NewDecryptingReader(src, []byte(ad))
	if err != nil {
		return nil, src.fault()
	}
	return &opened{plain: plain, src: src}, nil
}

// source remembers why the underlying reader stopped, so that a broken disk is not reported as tampering.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func (s *source) fault() error {
	if s.err != nil {
		return s.err
	}
	return ErrTampered
}

type opened struct {
	plain io.Reader
	src   *source
	err   error
}

func (o *opened) Read(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := o.plain.Read(p)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF) && o.src.err == nil:
		o.err = io.EOF
	default:
		o.err = o.src.fault()
	}
	return n, o.err
}
