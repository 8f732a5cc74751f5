// Package second is the second factor beside a password: codes by time from an
// app (RFC 6238), and codes on paper for the day on which the app is lost.
//
// It never stores anything, never knows whose factor it is, and never says which
// of the two kinds of code was wrong.
package second

import (
	"crypto/rand"
	"encoding/base32"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

const (
	period  = 30 // seconds; what every app assumes
	secrets = 20 // bytes: 160 bits, as long as the digest (RFC 4226 section 4)
	// around is how many steps a clock may be off, each way (RFC 6238 section 5.2).
	around = 1
	// Codes is how many codes on paper there are, of 120 bits each
	// (ASVS 5.0.0 V6.5.2 asks for 112, kept as a plain digest).
	Codes      = 10
	codeBytes  = 15
	codeChars  = 24
	shortChars = 16 // of codes that were made before
	// most is the most bytes of a typed code that are looked at.
	most = 64
)

// Factor is what is known of one. It is stored sealed.
type Factor struct {
	Secret string    `json:"secret"` // base32
	Step   int64     `json:"step"`   // the last step that a code was taken for: each works once
	Paper  []string  `json:"paper"`  // digests of the codes that are left
	Since  time.Time `json:"since"`
}

// New makes a factor that no code was taken for yet.
func New(now time.Time) Factor {
	var b [secrets]byte
	_, _ = rand.Read(b[:]) // never returns an error
	return Factor{Secret: base32.StdEncoding.EncodeToString(b[:]), Since: now}
}

// Address is what an app reads, typed or as a picture: the key URI that all of
// them understand. issuer and account are shown in the app.
func (f *Factor) Address(issuer, account string) (string, error) {
	raw, err := base32.StdEncoding.DecodeString(f.Secret)
	if err != nil {
		return "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: plain(issuer), AccountName: plain(account), Secret: raw, Period: period})
	if err != nil {
		return "", err
	}
	return key.String(), nil
}

// plain leaves out what would end a name in the address; the library escapes some
// of it only.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(":&=?#%+/", r) {
			return ' '
		}
		return r
	}, name)
	return strings.Join(strings.Fields(name), " ")
}

// Passes tells whether a code is good at now, and then uses it up: one by time
// for its step and all before, one on paper for good. digest names a code as
// Paper holds it.
func (f *Factor) Passes(code string, now time.Time, digest func(string) string) bool {
	code = tidy(code)
	if len(code) == codeChars || len(code) == shortChars {
		i := slices.Index(f.Paper, digest(code))
		if i < 0 {
			return false
		}
		f.Paper = slices.Delete(slices.Clone(f.Paper), i, i+1)
		return true
	}
	for off := int64(-around); off <= around; off++ {
		step := now.Unix()/period + off
		if step <= f.Step {
			continue
		}
		ok, err := totp.ValidateCustom(code, f.Secret, time.Unix(step*period, 0), totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			f.Step = step
			return true
		}
	}
	return false
}

// NewPaper replaces the codes on paper and returns them, to be shown once.
func (f *Factor) NewPaper(digest func(string) string) []string {
	f.Paper = nil
	codes := make([]string, Codes)
	for i := range codes {
		var b [codeBytes]byte
		_, _ = rand.Read(b[:])
		code := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		f.Paper = append(f.Paper, digest(code))
		codes[i] = strings.Join(slices.Collect(groups(code)), "-")
	}
	return codes
}

// groups cuts a code into pieces of four.
func groups(code string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for piece := range slices.Chunk([]byte(code), 4) {
			if !yield(string(piece)) {
				return
			}
		}
	}
}

// tidy reads a code as people type it: any case, blanks and hyphens in it.
func tidy(code string) string {
	if len(code) > most {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToLower(code))
}

// Picture is an address as a square of so many modules a side.
type Picture struct {
	Side int
	Dark []Run
}

// Run is a stretch of dark modules in one row.
type Run struct{ X, Y, Width int }

// Draw makes the picture of an address.
func Draw(address string) (Picture, error) {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{Side: code.Bounds().Dx()}
	for y := range p.Side {
		for x := range p.Side {
			if r, _, _, _ := code.At(x, y).RGBA(); r != 0 {
				continue
			}
			if n := len(p.Dark) - 1; n >= 0 && p.Dark[n].Y == y && p.Dark[n].X+p.Dark[n].Width == x {
				p.Dark[n].Width++
				continue
			}
			p.Dark = append(p.Dark, Run{x, y, 1})
		}
	}
	return p, nil
}
