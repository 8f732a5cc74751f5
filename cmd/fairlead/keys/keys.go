// Package keys is the command line of the server's keys: those that cases are sealed
// under, and the team's OpenPGP key.
//
// It asks the server as every command does and never holds a private key longer than
// it takes to hand it over.
package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"fairlead/cmd/fairlead/ask"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// Where is the server that is meant; only its operator reaches the keys.
type Where struct {
	ask.Operated
	JSON bool `name:"json" help:"Print the result."`
}

// Door is what the commands use of the program around them.
type Door struct {
	Out  io.Writer
	Open func(w Where) (do ask.Asker, done func(), err error)
}

// Sealing are the commands of the key-encryption keys.
type Sealing struct {
	Rotate SealingRotateCmd `cmd:"" help:"Make a new key-encryption key and bring every case under it; the server may run."`
}

// SealingRotateCmd makes a new key-encryption key.
type SealingRotateCmd struct{ Where }

// Run runs it.
func (c *SealingRotateCmd) Run(d *Door) error {
	return send(d, c.Where, "POST", "rotate-keys", nil, func(out map[string]any) string {
		return fmt.Sprintf("key %v is the newest now, cases brought under it: %v; the older keys stay for reading\n", out["primary"], out["cases"])
	})
}

// OpenPGP are the commands of the team's OpenPGP key.
type OpenPGP struct {
	List   ListCmd   `cmd:"" help:"Show the team's key, and the former ones that still read mail."`
	Rotate RotateCmd `cmd:"" help:"Make a new key; the one before stays for reading. The server may run."`
	Import ImportCmd `cmd:"" help:"Bring a private key: as the team's from now on, or only for reading."`
	Export ExportCmd `cmd:"" help:"Print the team's public key."`
}

// info is a key as the server tells of it.
type info struct {
	Fingerprint string     `json:"fingerprint"`
	Algorithm   string     `json:"algorithm"`
	Addresses   []string   `json:"addresses"`
	Made        time.Time  `json:"made"`
	Expires     *time.Time `json:"expires,omitempty"`
	Current     bool       `json:"current"`
	Reads       bool       `json:"reads"`
	Configured  bool       `json:"configured,omitempty"`
}

func (i info) String() string {
	what := "reads mail"
	switch {
	case i.Current && i.Reads:
		what = "current: signs, and reads mail"
	case i.Current:
		what = "current: signs; it has no subkey for encryption, so nobody can encrypt mail to it"
	}
	if i.Configured {
		what += "; from the configuration"
	}
	end := "does not end"
	if i.Expires != nil {
		end = "ends " + i.Expires.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s\n  %s, %s, made %s, %s\n  %s\n", pgp.Spaced(i.Fingerprint), i.Algorithm, strings.Join(i.Addresses, ", "), i.Made.UTC().Format(time.RFC3339), end, what)
}

// send does one request and prints the answer: as it is, or by say.
func send[T any](d *Door, w Where, method, path string, body any, say func(T) string) error {
	request, done, err := d.Open(w)
	if err != nil {
		return err
	}
	defer done()
	var b []byte
	if body != nil {
		if b, err = json.Marshal(body); err != nil {
			return err
		}
	}
	var raw []byte
	if err := request(method, "/api/v1/admin/"+path, "application/json", b, &raw); err != nil {
		return err
	}
	if w.JSON {
		var indented bytes.Buffer
		if err := json.Indent(&indented, raw, "", "  "); err != nil {
			return err
		}
		_, err = fmt.Fprintln(d.Out, strings.TrimSpace(indented.String()))
		return err
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return err
	}
	_, err = io.WriteString(d.Out, say(out))
	return err
}

// ListCmd shows the keys.
type ListCmd struct{ Where }

// Run runs it.
func (c *ListCmd) Run(d *Door) error {
	return send(d, c.Where, "GET", "openpgp", nil, func(out struct{ Keys []info }) string {
		var s strings.Builder
		for _, k := range out.Keys {
			s.WriteString(k.String())
		}
		return s.String()
	})
}

// RotateCmd makes a new key.
type RotateCmd struct{ Where }

// Run runs it.
func (c *RotateCmd) Run(d *Door) error {
	return send(d, c.Where, "POST", "openpgp/rotate", nil, func(k info) string {
		return k.String() + "Tell people the new fingerprint wherever you told them the former one.\n"
	})
}

// ImportCmd brings a private key.
type ImportCmd struct {
	File       string `arg:"" type:"path" help:"Armored private key without a passphrase."`
	ForReading bool   `help:"Only read mail that is encrypted to it; the current key stays."`
	Where
}

// Run runs it.
func (c *ImportCmd) Run(d *Door) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
	}
	body := map[string]any{"key": string(b), "reading": c.ForReading}
	return send(d, c.Where, "POST", "openpgp/import", body, func(k info) string {
		return k.String() + "The server keeps it sealed; remove the file.\n"
	})
}

// ExportCmd prints the public key.
type ExportCmd struct{ Where }

// Run runs it.
func (c *ExportCmd) Run(d *Door) error {
	return send(d, c.Where, "GET", "openpgp/export", nil, func(out struct{ Key string }) string { return out.Key })
}
