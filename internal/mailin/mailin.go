// Package mailin takes mail over from other servers, by SMTP (RFC 5321) and by LMTP
// (RFC 2033): for the addresses that the policy names and for no other. A message
// is answered with 250 once it is sealed and synced in the inbox, and not before.
//
// It never relays, never asks who a client is, never reads a message, and never
// says whether a person has an address here.
package mailin

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/inbox"
)

// Inbox is who keeps what comes in; inbox.Box is one.
type Inbox interface {
	// Accept keeps the message for good before it returns nil.
	Accept(ctx context.Context, it inbox.Item) (id string, err error)
	NoteDoor(n inbox.Note)
}

// Config is what a door is built from. Zero numbers mean the values beside them.
type Config struct {
	Name     string // of the door: smtp or lmtp
	LMTP     bool
	Inbox    Inbox
	Hostname string // as which the door greets
	// Recipient tells to which program an address leads, or empty for any. An
	// address that is not ours is a cvd.ErrNotFound; another error means that it
	// cannot be told now.
	Recipient func(address string) (program string, err error)
	// TLS offers STARTTLS; nil offers none.
	TLS *tls.Config
	// Ours tells whether a client is a mail server of our own. Then it is not the
	// sender's, so its address says nothing of the sender, and limits by client do
	// not hold for it.
	Ours func(netip.Addr) bool
	Now  func() time.Time
	Log  *slog.Logger
	// Unlimited lifts the limits against abuse, for load tests.
	Unlimited bool

	Bytes       int64         // of a message; 25 MiB
	Recipients  int           // of a message; 100
	Connections int           // at once; 200
	PerPeer     int           // of one client at once; 20
	Patience    time.Duration // for the next command, or for a whole message; 5 minutes (RFC 5321 section 4.5.3.2.7)
	Memory      int64         // of all messages that are on their way in, in bytes; 256 MiB
}

// Limits that need no other value anywhere.
const (
	// maxLine is the length of a line in octets. RFC 5321 section 4.5.3.1.6 wants
	// 1,000; what is longer is common enough, and kept.
	maxLine = 64 << 10
	// writing is how long a client may take to take an answer.
	writing = time.Minute
	// maxRefused is after how many recipients that are not ours a client is asked
	// to go.
	maxRefused = 20
)

// Door listens for mail. It is safe for concurrent use.
type Door struct {
	cfg    Config
	server *smtp.Server
	rates  *rates
	gate   *gate
	memory atomic.Int64 // octets of messages on their way in
	failed atomic.Bool  // the latest message could not be kept
	ending atomic.Bool
	alive  context.Context
	stop   context.CancelFunc
}

// New makes a door. Name, Inbox, Hostname, Recipient and Now must be given.
func New(cfg Config) *Door {
	if cfg.Name == "" || cfg.Inbox == nil || cfg.Recipient == nil || cfg.Now == nil {
		panic("mailin: name, inbox, recipients and clock must be given")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Ours == nil {
		cfg.Ours = func(netip.Addr) bool { return false }
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = 25 << 20
	}
	if cfg.Memory <= 0 {
		cfg.Memory = 256 << 20
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 5 * time.Minute
	}
	number := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	number(&cfg.Recipients, 100)
	number(&cfg.Connections, 200)
	number(&cfg.PerPeer, 20)
	d := &Door{cfg: cfg, rates: newRates(cfg.Now, cfg.Unlimited)}
	d.alive, d.stop = context.WithCancel(context.Background())
	d.gate = newGate(d)
	d.server = smtp.NewServer(smtp.BackendFunc(d.session))
	d.server.LMTP, d.server.Domain, d.server.TLSConfig = cfg.LMTP, cfg.Hostname, cfg.TLS
	d.server.MaxMessageBytes, d.server.MaxRecipients, d.server.MaxLineLength = cfg.Bytes, cfg.Recipients, maxLine
	d.server.ReadTimeout, d.server.WriteTimeout = cfg.Patience, writing
	d.server.EnableSMTPUTF8 = true
	d.server.ErrorLog = quiet{cfg.Log, cfg.Name}
	return d
}

// Serve takes mail on the listener until Close. It closes the listener.
func (d *Door) Serve(l net.Listener) error {
	d.cfg.Inbox.NoteDoor(inbox.Note{Door: d.cfg.Name, Opened: true})
	defer d.cfg.Inbox.NoteDoor(inbox.Note{Door: d.cfg.Name, Closed: true})
	d.gate.listener = l
	return d.server.Serve(d.gate)
}

// Close takes nothing new, waits until what is whole is kept and answered, or until
// ctx ends, and then cuts all connections: whoever had no answer sends again.
func (d *Door) Close(ctx context.Context) error {
	d.ending.Store(true)
	closed := make(chan error, 1)
	go func() { closed <- d.server.Shutdown(context.WithoutCancel(ctx)) }()
	answered := make(chan struct{})
	go func() { d.gate.settled(); close(answered) }()
	select {
	case <-answered:
	case <-ctx.Done():
		d.stop()
	}
	d.gate.cut()
	defer d.stop()
	return <-closed
}

// quiet takes what the library says about connections. It names clients and
// may repeat what they sent, so only the kind of fault goes on.
type quiet struct {
	log  *slog.Logger
	name string
}

// Printf logs the form and not its values.
func (q quiet) Printf(format string, _ ...any) {
	q.log.Warn("the mail door could not go on with a client", "door", q.name, "what", format)
}

// Println logs that something happened.
func (q quiet) Println(...any) {
	q.log.Warn("the mail door could not go on with a client", "door", q.name)
}
