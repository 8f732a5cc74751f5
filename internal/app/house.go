// Package app builds the house from one configuration and turns its clock. It
// is the only room that knows every other, and with main the only one that
// reads configuration and the time.
//
// It never decides about a case: it wires, starts and stops.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"fairlead/internal/app/cert"
	"fairlead/internal/app/clerks"
	"fairlead/internal/app/folder"
	"fairlead/internal/app/letters"
	"fairlead/internal/app/post"
	"fairlead/internal/app/signing"
	"fairlead/internal/app/ways"
	"fairlead/internal/auth"
	"fairlead/internal/auth/invite"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/casework"
	"fairlead/internal/casework/watch"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin/imap"
	"fairlead/internal/mailin/proof"
	"fairlead/internal/notify"
	"fairlead/internal/outbox"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
	"fairlead/internal/words"
)

// Options are what a house is built with beside its configuration.
type Options struct {
	Clock     *Clock
	Log       *slog.Logger
	Unlimited bool           // no abuse limits, for load tests
	Demo      bool           // notices stay in the outbox; any Host is answered
	Alone     bool           // no server runs on the data: the command line opened it
	BaseURL   string         // of links, where the policy names no public_url
	Resolver  proof.Resolver // asked about senders' domains in place of the configured one; for tests
	SMTP      string         // address of the SMTP door, whatever the configuration says
	// Socket is where the operator is answered while serving; empty for none.
	Socket string
	// Operator is the secret by which the API knows its operator; see
	// NewOperator. Empty for none.
	Operator string
}

// House is everything, built and not yet serving.
type House struct {
	Config  Config
	Options Options
	Store   store.Store
	Blobs   blob.Store
	full    func() bool // less is free than is kept so; files are refused
	Vault   *vault.Vault
	Auth    *auth.Auth
	Ways    *oidc.Ways // nil where no provider is configured
	Invites *invite.Book
	Book    *rulebook.Book
	Parts   *parts.Inventory
	// Register is what is published; it reads nothing before it is asked.
	Register *register.Register
	Desk     *casework.Desk
	Watch    *watch.Board
	Inbox    *inbox.Box
	Outbox   *outbox.Outbox
	Words    *words.Book

	keyPath string
	signing *signing.Keeper
	cert    *cert.Keeper // nil without https of our own
	doors   *post.Doors  // nil until OpenDoors
	// Clerks are who deals with mail behind the doors.
	Clerks  *clerks.Clerks
	signed  *signing.Text
	pollers []*imap.Poller
	stuck   atomic.Pointer[string] // why the clock last could not turn
	closers []func() error
	// uploads and texts bound the files and the words of strangers; nil for no limit.
	uploads, texts *limit.Budget
}

// Build opens the store and the keys and wires the rooms. A missing or wrong
// key, a newer database and a store that cannot be opened are refused in plain
// sentences.
func Build(ctx context.Context, cfg Config, opt Options) (h *House, err error) {
	if opt.Clock == nil {
		opt.Clock = RealClock()
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	h = &House{Config: cfg, Options: opt}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return h, fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	if err := h.openStore(ctx); err != nil {
		return h, err
	}
	if err := h.openKeys(ctx); err != nil {
		return h, err
	}
	if err := h.wholeJournal(ctx); err != nil {
		return h, err
	}
	if h.Words, err = words.Load(); err != nil {
		return h, err
	}
	h.Auth = auth.New(h.Store, h.Vault, auth.Options{Now: opt.Clock.Now, Unlimited: opt.Unlimited, Operator: opt.Operator, Names: h.names, Breached: cfg.SignIn.Breached})
	h.Invites = invite.New(h.Store, h.Vault, h.Auth, opt.Clock.Now, h.poke)
	h.Ways = ways.Open(&cfg.SignIn, oidc.Config{Store: h.Store, Vault: h.Vault, Auth: h.Auth, Now: opt.Clock.Now, Log: opt.Log, Unlimited: opt.Unlimited, Invited: h.Invites.ByEmail})
	h.Book, err = rulebook.Open(ctx, rulebook.Config{
		Store: h.Store, Vault: h.Vault, Now: opt.Clock.Now, Name: randomName, Poke: h.poke,
	})
	if err != nil {
		return h, err
	}
	h.openSigning()
	h.openRegister()
	aDay, together := noticesADay, newReports
	if h.uploads, h.texts = cfg.Uploads.Budget(opt.Clock.Now), cfg.Words.Budget(opt.Clock.Now); opt.Unlimited {
		aDay, together, h.uploads, h.texts = 0, 0, nil, nil
	}
	h.Desk = casework.New(casework.Config{
		NoticesADay: aDay, NewReports: together,
		Store: h.Store, Vault: h.Vault, Book: h.Book, Blobs: h.Blobs, Team: h.Auth, Receipts: h.Auth,
		Register: h.Register, Lint: h.lint, CNA: cfg.CVE != nil, Scan: clerks.Scanner(cfg.Mail), Withheld: h.Words.In("en").Say("public.thread.withheld"),
		Erased: h.journal().Note, ReceiptKind: auth.RecordReceipt, Now: opt.Clock.Now, Rand: rand.Reader, Log: opt.Log, Poke: h.poke,
	})
	h.Watch = watch.New(watch.Config{Store: h.Store, Log: opt.Log})
	h.Inbox = inbox.Open(inbox.Config{Store: h.Store, Vault: h.Vault, Blobs: h.Blobs, Now: opt.Clock.Now, Rand: rand.Reader, Poke: h.poke})
	h.Parts = parts.New(parts.Config{Store: h.Store, Vault: h.Vault, Now: opt.Clock.Now, Name: randomName})
	if err := h.journal().Settle(ctx, h.Vault, h.histories(true).Rebuild); err != nil {
		return h, err
	}
	return h, h.openOutbox()
}

// names make bad passwords: everybody knows them.
func (h *House) names() []string {
	if v := h.Book.Current(); v != nil {
		return v.Policy.Names()
	}
	return nil
}

// What is sent is bounded: notices to one address that somebody typed, a day, and
// how close together a team hears of new reports.
const (
	noticesADay = 10
	newReports  = 10 * time.Minute
)

func randomName() (string, error) {
	var b [16]byte
	_, err := rand.Read(b[:])
	return hex.EncodeToString(b[:]), err
}

// NewOperator makes the secret by which the API knows its operator. It never
// leaves the process.
func NewOperator() (string, error) {
	a, err := randomName()
	b, err2 := randomName()
	return a + b, errors.Join(err, err2)
}

func (h *House) poke() {
	if h.Outbox != nil {
		h.Outbox.Poke()
	}
}

func (h *House) openStore(ctx context.Context) error {
	var err error
	opt := sqlstore.Options{Logger: h.Options.Log}
	if h.Config.Database.Engine == "postgres" {
		h.Store, err = sqlstore.OpenPostgres(ctx, h.Config.Database.DSN, opt)
	} else {
		h.Store, err = sqlstore.OpenSQLite(ctx, filepath.Join(h.Config.Data, "fairlead.db"), opt)
	}
	if err != nil {
		return err
	}
	h.closers = append(h.closers, h.Store.Close)
	files, err := blob.Dir(filepath.Join(h.Config.Data, "blobs"))
	if err != nil {
		return err
	}
	files.Floor = h.Config.Floor()
	h.Blobs, h.full = files, files.Full
	return nil
}

// openKeys opens the key file, or makes it on a fresh database. A database that
// holds cases never gets a new key file by accident.
func (h *House) openKeys(ctx context.Context) error {
	h.keyPath = h.Config.Keys.File
	if h.keyPath == "" {
		h.keyPath = filepath.Join(h.Config.Data, "keys", "kek.json")
	}
	keys, err := h.readKeys()
	if errors.Is(err, fs.ErrNotExist) {
		if keys, err = h.makeKeys(ctx); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("%w: key file %s: %w", cvd.ErrUnavailable, h.keyPath, err)
	}
	h.Vault, err = vault.Open(ctx, h.Store, keys, h.Options.Clock.Now())
	return err
}

func (h *House) readKeys() (*seal.Keyring, error) {
	k := h.Config.Keys
	if k.PassphraseFile == "" && k.AgeIdentityFile == "" {
		return seal.OpenFile(h.keyPath)
	}
	sealed, err := os.ReadFile(h.keyPath)
	if err != nil {
		return nil, err
	}
	secret, err := folder.Secret(k.PassphraseFile + k.AgeIdentityFile)
	if err != nil {
		return nil, err
	}
	if k.PassphraseFile != "" {
		return seal.OpenPassphrase(secret, sealed)
	}
	return seal.OpenWith(secret, sealed)
}

func (h *House) makeKeys(ctx context.Context) (*seal.Keyring, error) {
	fresh := false
	err := h.Store.View(ctx, func(tx store.Tx) error {
		_, err := tx.Record(vault.RecordServerKey, "1")
		fresh = errors.Is(err, cvd.ErrNotFound)
		if fresh {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !fresh {
		return nil, fmt.Errorf("%w: the key file %s is missing, and this database cannot be read without it; put it back, or make it anew from a backup with the recovery identity: fairlead restore --identity", cvd.ErrUnavailable, h.keyPath)
	}
	if err := os.MkdirAll(filepath.Dir(h.keyPath), 0o700); err != nil {
		return nil, err
	}
	if k := h.Config.Keys; k.PassphraseFile != "" || k.AgeIdentityFile != "" {
		return h.makeSealedKeys()
	}
	return seal.CreateFile(h.keyPath)
}

func (h *House) makeSealedKeys() (*seal.Keyring, error) {
	keys, err := seal.NewKeyring()
	if err != nil {
		return nil, err
	}
	return keys, h.saveKeys(keys)
}

// saveKeys writes the ring into the key file, sealed as the configuration says.
func (h *House) saveKeys(keys *seal.Keyring) error {
	k := h.Config.Keys
	var sealed []byte
	switch {
	case k.PassphraseFile != "":
		secret, err := folder.Secret(k.PassphraseFile)
		if err != nil {
			return err
		}
		if sealed, err = keys.SealPassphrase(secret); err != nil {
			return err
		}
	case k.AgeIdentityFile != "":
		if k.AgeRecipient == "" {
			return fmt.Errorf("%w: keys.age_recipient is needed to write the key file", cvd.ErrInvalid)
		}
		var err error
		if sealed, err = keys.SealTo(k.AgeRecipient); err != nil {
			return err
		}
	default:
		return keys.SaveFile(h.keyPath)
	}
	return folder.Write(h.keyPath, sealed, 0o600)
}

func (h *House) openOutbox() error {
	carrier, sender, err := letters.Open(letters.Config{
		Mail: h.Config.Mail, Demo: h.Options.Demo, In: h.mailComesIn(), Notices: h.Desk.As(cvd.System), Words: h.Words,
		Now: h.Options.Clock.Now, BaseURL: h.Base, Key: h.signing.Key, KeyPath: signing.PublicKeyPath,
	})
	if err != nil {
		return err
	}
	// One worker where notices are only kept: there is no relay to wait for, no mail
	// to sort, and reports coming in go first.
	workers := 1
	if _, sends := sender.(notify.SMTP); sends || h.mailComesIn() {
		workers = 0 // the outbox's own number
	}
	carriers := map[cvd.EffectKind]outbox.Carrier{cvd.EffectNotifyReporter: carrier, cvd.EffectNotifyTeam: carrier, cvd.EffectNotifyParty: carrier}
	carriers[invite.Effect] = ways.Inviter{Invites: h.Invites, Auth: h.Auth, Book: h.Book, Mail: carrier, Words: h.Words, Base: h.Base}
	carriers[keeper.EffectAccount] = ways.Teller{Auth: h.Auth, Book: h.Book, Mail: carrier, Words: h.Words, Base: h.Base}
	h.Clerks = clerks.New(h.clerks(sender))
	carriers[cvd.EffectSortMail] = h.Clerks.Clerk
	h.Outbox = outbox.New(outbox.Config{
		Workers: workers, Store: h.Store, Seal: h.Desk.SealSent, Now: h.Options.Clock.Now, Log: h.Options.Log, Carriers: carriers,
		Alone: h.Config.Database.Engine != "postgres", // whoever runs on SQLite holds the data folder
		GivenUp: func(ctx context.Context, e store.Effect) error {
			if e.Kind != cvd.EffectNotifyReporter {
				return nil
			}
			return h.Desk.As(cvd.System).Bounced(ctx, e.Case, e.Key, "")
		},
	})
	return h.carryCVE(carriers)
}

// mailComesIn tells whether a door for mail is open, so that letters may say so.
func (h *House) mailComesIn() bool { return h.Options.SMTP != "" || h.Config.Mail.In() }

// Base is the origin of public links: the policy's, else the configuration's,
// else the address that is listened on.
func (h *House) Base() string { return cmp.Or(h.named(), h.Options.BaseURL) }

// named is the public origin; empty where neither policy nor configuration names one.
func (h *House) named() string {
	if cur := h.Book.Current(); cur != nil && cur.Policy.PublicURL != "" {
		return cur.Policy.PublicURL
	}
	return h.Config.Public()
}

// Close stops everything, last opened first.
func (h *House) Close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}
