package clamav

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// daemon is a double that keeps to the protocol as its manual describes it; no real
// ClamAV was asked. It finds what holds the word EICAR.
type daemon struct {
	network, address string
	most             int    // octets of a stream
	answer           string // in place of its own
	hang             bool
}

func (d *daemon) start(t *testing.T) *Client {
	t.Helper()
	if d.most == 0 {
		d.most = 1 << 20
	}
	l, err := net.Listen(d.network, d.address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.serve(conn)
			conn.Close()
		}
	}()
	return &Client{Network: d.network, Address: l.Addr().String()}
}

func (d *daemon) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	if command, err := in.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		_, _ = io.WriteString(conn, "UNKNOWN COMMAND\x00")
		return
	}
	var data []byte
	for {
		var n uint32
		if binary.Read(in, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		if len(data)+int(n) > d.most {
			_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
			_, _ = io.Copy(io.Discard, in)
			return
		}
		piece := make([]byte, n)
		if _, err := io.ReadFull(in, piece); err != nil {
			return
		}
		data = append(data, piece...)
	}
	switch {
	case d.hang:
		_, _ = io.Copy(io.Discard, in)
	case d.answer != "":
		_, _ = io.WriteString(conn, d.answer)
	case bytes.Contains(data, []byte("EICAR")):
		_, _ = io.WriteString(conn, "stream: Eicar-Test-Signature FOUND\x00")
	default:
		_, _ = io.WriteString(conn, "stream: OK\x00")
	}
}

func TestScan(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 3*chunk+17)
	for name, c := range map[string]struct {
		daemon daemon
		data   []byte
		found  string
		err    error
	}{
		"clean":               {daemon{}, []byte("words"), "", nil},
		"found":               {daemon{}, []byte("an EICAR file"), "Eicar-Test-Signature", nil},
		"found in the middle": {daemon{}, append(append(bytes.Clone(long), "EICAR"...), long...), "Eicar-Test-Signature", nil},
		"nothing at all":      {daemon{}, nil, "", nil},
		"too long":            {daemon{most: 100}, long, "", cvd.ErrTooLarge},
		"no answer":           {daemon{answer: "\x00"}, []byte("x"), "", cvd.ErrUnavailable},
		"another protocol":    {daemon{answer: "220 mx.example.net ESMTP\r\n"}, []byte("x"), "", cvd.ErrUnavailable},
		"an error of its own": {daemon{answer: "stream: Can't allocate memory ERROR\x00"}, []byte("x"), "", cvd.ErrUnavailable},
		"an endless answer":   {daemon{answer: "stream: " + strings.Repeat("x", 2*maxAnswer)}, []byte("x"), "", cvd.ErrUnavailable},
		"a name that steers":  {daemon{answer: "stream: a\u202eb\x1b[2Jc FOUND\x00"}, []byte("x"), "ab[2Jc", nil},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(name+" "+network, func(t *testing.T) {
				d := c.daemon
				d.network, d.address = network, "127.0.0.1:0"
				if network == "unix" {
					d.address = filepath.Join(t.TempDir(), "s")
				}
				v, err := d.start(t).Scan(t.Context(), bytes.NewReader(c.data))
				if v.Found != c.found || !errors.Is(err, c.err) {
					t.Errorf("%+v, %v", v, err)
				}
			})
		}
	}
}

func TestAway(t *testing.T) {
	c := &Client{Network: "unix", Address: filepath.Join(t.TempDir(), "nobody")}
	if _, err := c.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, cvd.ErrUnavailable) {
		t.Error(err)
	}
	d := daemon{network: "tcp", address: "127.0.0.1:0", hang: true}
	ctx, cancel := context.WithCancel(t.Context())
	c = d.start(t)
	cancel()
	if _, err := c.Scan(ctx, strings.NewReader("x")); !errors.Is(err, cvd.ErrUnavailable) {
		t.Error(err)
	}
	c.Timeout = 1
	if _, err := c.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, cvd.ErrUnavailable) {
		t.Error(err)
	}
}
