// Package clerks wires what becomes of mail behind the doors: the clerk who sorts it,
// the room where members deal with what he could not place, and the board that tests
// the channels.
//
// It never reads a message and never decides about one.
package clerks

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/app/post"
	"fairlead/internal/app/wkd"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/mailin/clamav"
	"fairlead/internal/mailin/clerk"
	"fairlead/internal/mailin/proof"
	"fairlead/internal/outbox"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
	"fairlead/internal/pgp/letter/smime"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/looks"
	"fairlead/internal/tell"
	"fairlead/internal/words"
)

// Config is what they are wired from.
type Config struct {
	Mail   *config.Mail // nil: nothing is configured
	SMTP   bool         // there is an SMTP door, whatever Mail says
	CVE    bool         // CVE Services are configured
	Desk   *casework.Desk
	Box    *inbox.Box
	Book   *rulebook.Book
	Words  *words.Book
	Store  store.Store
	Vault  *vault.Vault
	Keys   func(ctx context.Context) ([]*pgp.PrivateKey, error)
	Policy func() *policy.Policy
	Now    func() time.Time
	Log    *slog.Logger
	// Resolver answers instead of the DNS; nil: the configured one.
	Resolver  proof.Resolver
	Unlimited bool
	// Outbox is how the ways out are doing.
	Outbox func(ctx context.Context) (outbox.Status, error)
	// Local sends a message by a door of ours, and Relay by the relay; Relay is nil where
	// there is none.
	Local func(ctx context.Context, door, from, to string, message []byte) error
	Relay func(ctx context.Context, from, to, id string, message []byte) error
	Poke  func() // wakes who carries effects
	Host  string // the right side of Message-IDs
}

// Clerks are they.
type Clerks struct {
	Clerk *clerk.Clerk
	Room  *mailroom.Room
	Board *channels.Board

	store store.Store
	now   func() time.Time
	poke  func()
	told  map[string]string // by channel: the notice that was written last; of Tick alone
	// The newest mail on the unsorted shelf that was told, and when the next may be.
	newest string
	next   time.Time
}

// New wires them.
func New(c Config) *Clerks {
	known := &post.Addresses{Policy: c.Policy, Own: post.OwnAddresses(c.Mail)}
	check := &proof.Checker{Resolver: c.resolver(), Now: c.Now}
	if c.Mail != nil {
		check.Trust = c.Mail.AuthservIDs
		if c.Mail.SMTP != nil {
			for _, r := range c.Mail.SMTP.Relays {
				if n, err := config.ParseProxy(r); err == nil {
					check.Relays = append(check.Relays, netip.PrefixFrom(n.Addr(), n.Bits()))
				}
			}
		}
	}
	reader := &mailroom.Reader{Keys: c.Keys, SMIME: c.certified()}
	board := channels.New(channels.Config{Box: c.Box, Ways: c.ways(), Mark: c.mark, Host: c.Host, Now: c.Now})
	return &Clerks{
		Board: board, store: c.Store, now: c.Now, poke: c.Poke, told: map[string]string{},
		Clerk: clerk.New(clerk.Config{
			Desk: c.Desk, Box: c.Box, Reader: reader, Book: c.Book, Words: c.Words, Now: c.Now, Log: c.Log, Proof: check.Check,
			Ours:  func(address string) bool { _, err := known.Program(address); return err == nil },
			Probe: board.Read, Scan: Scanner(c.Mail), Spam: true, Unlimited: c.Unlimited, Fetch: c.fetch(),
		}),
		Room: mailroom.New(mailroom.Config{
			Desk: c.Desk, Box: c.Box, Book: c.Book, Reader: reader, Words: c.Words, Now: c.Now, Proof: check.Check, Fetch: c.fetch(),
			Looks: &looks.Book{Store: c.Store, Vault: c.Vault, Log: c.Log},
		}),
	}
}

// certified takes S/MIME off with the certificate that is configured, if one is.
func (c Config) certified() func(parts letter.Parts, now time.Time) (*smime.Opened, error) {
	var own []smime.Own
	var roots *x509.CertPool
	if c.Mail != nil && c.Mail.SMIME != nil {
		own, roots = c.Mail.SMIME.Own, c.Mail.SMIME.Vouched
	}
	return func(parts letter.Parts, now time.Time) (*smime.Opened, error) {
		opened, err := smime.Open(parts, own, roots, now)
		if len(own) == 0 && errors.Is(err, smime.ErrNotForUs) {
			return nil, smime.ErrUnsupported // none of ours can be meant
		}
		return opened, err
	}
}

// fetch asks the key directories of the configured domains; nil for none.
func (c Config) fetch() func(ctx context.Context, email string) (*pgp.PublicKey, error) {
	if c.Mail == nil || len(c.Mail.KeyDomains) == 0 {
		return nil
	}
	return (&wkd.Client{Domains: c.Mail.KeyDomains, Now: c.Now}).Fetch
}

// resolver is the configured one, or that of this machine, with a short memory.
func (c Config) resolver() proof.Resolver {
	if c.Resolver != nil {
		return c.Resolver
	}
	return &proof.Memory{Resolver: c.server(), Now: c.Now}
}

func (c Config) server() *net.Resolver {
	if c.Mail == nil || c.Mail.Resolver == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, c.Mail.Resolver)
	}}
}

// Scanner asks the configured scanner for the malware it knows in a file; nil: there is
// none.
func Scanner(m *config.Mail) func(context.Context, io.Reader) (known string, err error) {
	if m == nil || m.ClamAV == "" {
		return nil
	}
	scanner := &clamav.Client{Network: "tcp", Address: m.ClamAV}
	if filepath.IsAbs(m.ClamAV) {
		scanner.Network = "unix"
	}
	return func(ctx context.Context, file io.Reader) (string, error) {
		v, err := scanner.Scan(ctx, file)
		return v.Found, err
	}
}

// mark is a digest that nobody makes without the server's key, 128 bits in hex.
func (c Config) mark(text string) string {
	sum := sha256.Sum256([]byte(c.Vault.Blind("mail/probe", text)))
	return hex.EncodeToString(sum[:16])
}

// Alarms are what of all this the team must see on every page: how many mails nobody
// could place, and which channels are dead: the ways in and the ways out, by the name
// of the alarm.
func (c *Clerks) Alarms(ctx context.Context) (unsorted int, dead map[string][]string, err error) {
	if unsorted, err = c.Room.Box.Count(ctx, inbox.Unsorted); err != nil {
		return 0, nil, err
	}
	all, err := c.Board.Dead(ctx)
	dead = map[string][]string{}
	for i := range all {
		id := ChannelDead
		if all[i].Out {
			id = LettersDead
		}
		dead[id] = append(dead[id], all[i].Name)
	}
	return unsorted, dead, err
}

// The alarms about dead channels: by the one reports may be lost, by the other letters.
const (
	ChannelDead = "channel-dead"
	LettersDead = "channel-dead-out"
)

// Tick tests what was not tested today, and tells the team of each test that did not
// arrive, once; and of mail on the unsorted shelf, once an hour at most.
func (c *Clerks) Tick(ctx context.Context) error {
	tested := c.Board.Tick(ctx)
	dead, err := c.Board.Dead(ctx)
	if err != nil {
		return errors.Join(tested, err)
	}
	for i := range dead {
		key := fmt.Sprintf("channel/%s/%d", dead[i].Name, dead[i].Sent.UnixMilli())
		if c.told[dead[i].Name] == key {
			continue
		}
		if err := c.tell(ctx, key, tell.ToTeam, "channel-dead"); err != nil {
			return errors.Join(tested, err)
		}
		c.told[dead[i].Name] = key
	}
	return errors.Join(tested, c.shelf(ctx))
}

// tell writes a notice to the team down. Another process may have told it: the key
// makes that one notice.
func (c *Clerks) tell(ctx context.Context, key, to, template string) error {
	err := c.store.Update(ctx, func(tx store.Tx) error {
		return tx.Enqueue([]store.Effect{{State: store.EffectPending, Effect: cvd.Effect{
			Key: key, Kind: cvd.EffectNotifyTeam, To: to, Template: template, At: c.now(),
		}}})
	})
	if err == nil {
		c.poke()
	}
	return err
}

// shelfEvery is how often at most the team hears that mail came to the unsorted shelf.
const shelfEvery = time.Hour

// shelf tells whoever is on duty that mail came which nobody could place: each may be
// a report.
func (c *Clerks) shelf(ctx context.Context) error {
	if c.now().Before(c.next) {
		return nil
	}
	last, err := c.Room.Box.List(ctx, inbox.Unsorted, nil, 1)
	if err != nil || len(last) == 0 || last[0].ID == c.newest {
		return err
	}
	if err := c.tell(ctx, "mail-unsorted/"+last[0].ID, tell.ToOnDuty, "mail-unsorted"); err != nil {
		return err
	}
	c.newest, c.next = last[0].ID, c.now().Add(shelfEvery)
	return nil
}

// address is where a test goes: the policy's first mailbox, without a tag.
func (c Config) address() string {
	if p := c.Policy(); p != nil {
		for _, box := range p.Mailboxes() {
			if strings.Contains(box.Address, "@") {
				return box.Address
			}
		}
	}
	return ""
}
