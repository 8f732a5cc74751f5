// Package clamav asks a ClamAV daemon whether bytes hold malware that it knows.
//
// It never decides what becomes of them: a verdict is for the caller, who puts a mail
// on a shelf. A daemon that is away is an error of the caller's to bear, never a clean
// bill. Samples of malware are what a reporter may have to send.
package clamav

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail/text"
)

// DefaultTimeout bounds one scan where the client names no other time.
const DefaultTimeout = 60 * time.Second

const (
	chunk     = 64 << 10 // octets that are sent at once
	maxAnswer = 4 << 10  // octets of an answer
	maxName   = 200      // characters of the name of what was found
)

// Client reaches a daemon. Its fields are not changed while it is used, and it may be
// used from several places at once.
type Client struct {
	Network string // unix or tcp
	Address string // the path of the socket, or host:port; the daemon has no access control of its own
	Timeout time.Duration
}

// Verdict is what the daemon says.
type Verdict struct {
	// Found is the daemon's name for what it found; empty if it found nothing.
	Found string
}

// Scan sends data to the daemon as a stream (clamd(8), INSTREAM). The errors are
// cvd.ErrUnavailable, if the data cannot be read or there is no answer that can be
// understood, and cvd.ErrTooLarge, if the daemon takes no stream of that length; neither
// says anything about the data.
func (c *Client) Scan(ctx context.Context, data io.Reader) (Verdict, error) {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.Network, c.Address)
	if err != nil {
		return Verdict{}, away(err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	sent := send(conn, data)
	// A daemon that takes no more says why before it hangs up, so the answer counts
	// even where not everything could be sent.
	answer, err := bufio.NewReader(io.LimitReader(conn, maxAnswer)).ReadString(0)
	if err != nil {
		return Verdict{}, away(errors.Join(sent, err, ctx.Err()))
	}
	v, err := verdict(strings.TrimSuffix(answer, "\x00"))
	if err == nil && sent != nil {
		return Verdict{}, away(sent) // it judged only a part
	}
	return v, err
}

func away(err error) error {
	return fmt.Errorf("the malware scanner gave no verdict: %w: %w", cvd.ErrUnavailable, err)
}

// send writes the command and the data, in pieces that each begin with their length, and
// one of no length at the end.
func send(w io.Writer, data io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	piece := make([]byte, chunk)
	for {
		n, err := io.ReadFull(data, piece)
		if n > 0 {
			if err := binary.Write(w, binary.BigEndian, uint32(n)); err != nil {
				return err
			}
			if _, err := w.Write(piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return binary.Write(w, binary.BigEndian, uint32(0))
		case err != nil:
			return err
		}
	}
}

// verdict reads an answer.
func verdict(answer string) (Verdict, error) {
	said, ok := strings.CutPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(said, " FOUND")
	switch {
	case ok && said == "OK":
		return Verdict{}, nil
	case ok && found && name != "":
		if name, _ = text.Shorten(text.Line(strings.ToValidUTF8(name, "?")), maxName); name == "" {
			name = "unnamed"
		}
		return Verdict{Found: name}, nil
	case strings.Contains(answer, "size limit exceeded"):
		return Verdict{}, fmt.Errorf("the malware scanner takes no stream of this length (StreamMaxLength in its configuration): %w", cvd.ErrTooLarge)
	}
	return Verdict{}, away(errors.New("its answer is not understood"))
}
