// Package config is everything an operator decides: the configuration file, its
// schema, and how it is read.
//
// It never opens what it names, but for the files that hold a secret.
package config

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
)

//go:embed config.schema.json
var schema []byte

// Schema is the JSON Schema of the configuration file.
func Schema() []byte { return schema }

// Config is everything an operator decides. The zero value of each member is
// safe; the schema (fairlead serve --config-schema) explains each.
type Config struct {
	Listen         string   `yaml:"listen"`
	InsecureListen bool     `yaml:"insecure_listen"` // the operator takes it that others are served in the clear
	PrivateListen  string   `yaml:"private_listen"`
	Data           string   `yaml:"data"`
	Policy         string   `yaml:"policy"`
	PublicURL      string   `yaml:"public_url"`
	OtherHosts     []string `yaml:"other_hosts"` // names under which the site is reached besides
	TrustedProxies []string `yaml:"trusted_proxies"`
	// HSTSSubdomains says whether names below ours know https alone; nil: by our name.
	HSTSSubdomains *bool      `yaml:"hsts_subdomains"`
	Database       Database   `yaml:"database"`
	Keys           Keys       `yaml:"keys"`
	TLS            *TLS       `yaml:"tls"`
	Mail           *Mail      `yaml:"mail"`
	CVE            *CVE       `yaml:"cve"`
	OpenPGPKeyFile string     `yaml:"openpgp_key_file"`
	KeepFreeMiB    int64      `yaml:"keep_free_mib"`
	Uploads        Uploads    `yaml:"uploads"`
	Words          Words      `yaml:"words"`
	Log            Log        `yaml:"log"`
	SignIn         SignIn     `yaml:"sign_in"`
	FirstLead      *FirstLead `yaml:"first_lead"`
}

// Public is the origin that the configuration names: public_url, or the first name that
// a certificate is asked for; empty where it names none.
func (c *Config) Public() string {
	if c.PublicURL == "" && c.TLS != nil && c.TLS.ACME != nil && len(c.TLS.ACME.Hosts) > 0 {
		return "https://" + c.TLS.ACME.Hosts[0]
	}
	return c.PublicURL
}

// Names are those of the site that the configuration names, beside the one that a policy
// does: so a policy with a wrong public_url shuts nobody out.
func (c *Config) Names() []string {
	out := slices.Clone(c.OtherHosts)
	if u, err := url.Parse(c.Public()); err == nil && u.Hostname() != "" {
		out = append(out, u.Hostname())
	}
	if c.TLS != nil && c.TLS.ACME != nil {
		out = append(out, c.TLS.ACME.Hosts...)
	}
	return out
}

// Floor is how many bytes of the data folder's disk are kept free of files, for words.
func (c *Config) Floor() int64 { return cmp.Or(c.KeepFreeMiB, 256) << 20 }

// Uploads is how many MiB of files strangers may send in an hour and a day, from one
// network and all together.
type Uploads struct {
	NetworkHourMiB int64 `yaml:"network_hour_mib"`
	NetworkDayMiB  int64 `yaml:"network_day_mib"`
	AllHourMiB     int64 `yaml:"all_hour_mib"`
	AllDayMiB      int64 `yaml:"all_day_mib"`
}

// networksKept is of how many networks it is known what they sent.
const networksKept = 1 << 14

// Budget holds strangers to it, on the house's clock. By default a case may come whole,
// with all its files of 25 MiB, in an hour.
func (u Uploads) Budget(now func() time.Time) *limit.Budget {
	return budget(u, Uploads{512, 2048, 2048, 8192}, now)
}

// Words is how many MiB of words strangers may send, counted in the same way.
type Words Uploads

// Budget holds strangers to it. By default a network may send some thousand long reports
// in an hour, which no office writes, and a flood of the longest there are ends soon.
func (w Words) Budget(now func() time.Time) *limit.Budget {
	return budget(Uploads(w), Uploads{16, 64, 128, 512}, now)
}

func budget(set, otherwise Uploads, now func() time.Time) *limit.Budget {
	mib := func(set, otherwise int64) int64 { return cmp.Or(set, otherwise) << 20 }
	return limit.NewBudget(
		limit.Bytes{Hour: mib(set.NetworkHourMiB, otherwise.NetworkHourMiB), Day: mib(set.NetworkDayMiB, otherwise.NetworkDayMiB)},
		limit.Bytes{Hour: mib(set.AllHourMiB, otherwise.AllHourMiB), Day: mib(set.AllDayMiB, otherwise.AllDayMiB)}, networksKept, now)
}

// Database says where cases are kept.
type Database struct {
	Engine  string `yaml:"engine"`
	DSN     string `yaml:"dsn"`
	DSNFile string `yaml:"dsn_file"`
}

// Keys says where the key-encryption key is.
type Keys struct {
	File            string `yaml:"file"`
	PassphraseFile  string `yaml:"passphrase_file"`
	AgeIdentityFile string `yaml:"age_identity_file"`
	AgeRecipient    string `yaml:"age_recipient"`
}

// TLS names certificate files, or the authority that gives a certificate.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	ACME        *ACME  `yaml:"acme"`
}

// ACME is how a certificate is had from an authority (RFC 8555).
type ACME struct {
	AcceptTerms bool     `yaml:"accept_terms"` // of the authority; must be true
	Hosts       []string `yaml:"hosts"`        // default is the host of the public address
	Email       string   `yaml:"email"`
	Directory   string   `yaml:"directory"` // default is Let's Encrypt's
	CAFile      string   `yaml:"ca_file"`
	PlainListen string   `yaml:"plain_listen"`
}

// NoOrg is the UUID of the examples: no organisation at CVE Services has it.
const NoOrg = "00000000-0000-4000-9000-000000000000"

// CVE is the account of a CNA at CVE Services.
type CVE struct {
	Environment string `yaml:"environment"`
	BaseURL     string `yaml:"base_url"` // instead of the environment's own, for tests
	Org         string `yaml:"org"`      // short name
	OrgID       string `yaml:"org_id"`   // UUID
	User        string `yaml:"user"`
	Key         string `yaml:"key"`
	KeyFile     string `yaml:"key_file"`
	Live        bool   `yaml:"live"` // false: a dry run
}

// Log is how much is logged, and in which form.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Logger makes the log that writes to w.
func (l Log) Logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if l.Level != "" {
		if err := level.UnmarshalText([]byte(l.Level)); err != nil {
			level = slog.LevelInfo
		}
	}
	opt := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// FirstLead is the member made on a fresh database.
type FirstLead struct {
	Name  string `yaml:"name"`
	Email string `yaml:"email"`
}

// Read reads a configuration file. All faults come at once, each with its
// line, and an unknown key with the one that was probably meant.
func Read(path string) (Config, error) {
	var cfg Config
	data, err := os.ReadFile(path)
	if err != nil {
		return cfg, fmt.Errorf("%w: configuration: %w", cvd.ErrUnavailable, err)
	}
	sound, err := source.NewSchema(schema)
	if err != nil {
		return cfg, err
	}
	file := source.Read(path, data)
	if !file.Unreadable() {
		file.Check(sound)
	}
	if faults := file.Faults(); len(faults) > 0 {
		return cfg, faults
	}
	if err := yaml.Load(data, &cfg, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
		return cfg, fmt.Errorf("%w: %w", cvd.ErrInvalid, err)
	}
	return cfg, cfg.finish(file)
}

// finish fills in defaults, reads the secrets' files and checks what the schema
// cannot say.
func (c *Config) finish(file *source.File) error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.Data == "" {
		c.Data = "/var/lib/fairlead"
	}
	if c.Database.Engine == "" {
		c.Database.Engine = "sqlite"
	}
	secret := func(at, path string, into *string) {
		if path == "" {
			return
		}
		b, err := os.ReadFile(path)
		if err != nil {
			file.Fault(at, "cannot be read", "name a file that the server may read")
			return
		}
		*into = strings.TrimRight(string(b), "\r\n")
	}
	secret("database.dsn_file", c.Database.DSNFile, &c.Database.DSN)
	if c.Database.Engine == "postgres" && c.Database.DSN == "" {
		file.Fault("database", "PostgreSQL needs a connection string", "write dsn or dsn_file")
	}
	if c.Mail != nil {
		c.Mail.finish(file, secret)
	}
	if c.CVE != nil {
		secret("cve.key_file", c.CVE.KeyFile, &c.CVE.Key)
		if c.CVE.Key == "" {
			file.Fault("cve", "CVE Services need the user's key", "write key_file or key")
		}
		if c.CVE.Live && c.CVE.OrgID == NoOrg {
			file.Fault("cve.org_id", "is the example, which no CNA has", "write the UUID of your CNA")
		}
	}
	if c.TLS != nil {
		c.TLS.check(file)
	}
	c.SignIn.finish(file, secret)
	if !c.origin() {
		file.Fault("public_url", "is no origin", "write scheme and host without a path, such as https://security.example.org")
	}
	for i, p := range c.TrustedProxies {
		if _, err := ParseProxy(p); err != nil {
			file.Fault(fmt.Sprintf("trusted_proxies[%d]", i), "is no address or network", "write 127.0.0.1 or 10.0.0.0/8")
		}
	}
	if faults := file.Faults(); len(faults) > 0 {
		return faults
	}
	return nil
}

func (t *TLS) check(file *source.File) {
	switch {
	case t.ACME == nil && (t.Certificate == "" || t.Key == ""):
		file.Fault("tls", "lacks a certificate or its key", "write certificate and key, or acme")
	case t.ACME != nil && t.Certificate+t.Key != "":
		file.Fault("tls", "names files and an authority", "write certificate and key, or acme, not both")
	case t.ACME != nil && !t.ACME.AcceptTerms:
		file.Fault("tls.acme.accept_terms", "is not true", "read the authority's terms, and write true if you agree")
	}
}

// origin tells whether public_url, if it is given, is the origin of a site, and takes a
// slash from its end.
func (c *Config) origin() bool {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	u, err := url.Parse(c.PublicURL)
	return err == nil && (c.PublicURL == "" || ((u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && c.PublicURL == u.Scheme+"://"+u.Host))
}

// ParseProxy reads the address or network of a proxy.
func ParseProxy(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}
