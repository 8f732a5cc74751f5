package second_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"fairlead/internal/auth/second"
)

var now = time.Date(2026, 11, 25, 10, 0, 10, 0, time.UTC)

func digest(s string) string { return "digest of " + s }

func code(t *testing.T, f second.Factor, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(f.Secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A code works once, for its own half minute and the one before and after.
func TestCodesByTime(t *testing.T) {
	for off, want := range map[time.Duration]bool{0: true, -30 * time.Second: true, 30 * time.Second: true, -time.Minute: false, time.Minute: false} {
		f := second.New(now)
		c := code(t, f, now.Add(off))
		if got := f.Passes(c, now, digest); got != want {
			t.Errorf("off by %s: %v", off, got)
		}
		if f.Passes(c, now, digest) {
			t.Errorf("off by %s: it works twice", off)
		}
	}
}

// After a code, none of an earlier step is taken, though its time has not run out.
func TestNoStepBack(t *testing.T) {
	f := second.New(now)
	early, late := code(t, f, now.Add(-30*time.Second)), code(t, f, now)
	if !f.Passes(late, now, digest) || f.Passes(early, now, digest) {
		t.Error("an earlier code was taken after a later one")
	}
	if !f.Passes(code(t, f, now.Add(time.Minute)), now.Add(time.Minute), digest) {
		t.Error("the next code was refused")
	}
}

func TestWrongCodes(t *testing.T) {
	f := second.New(now)
	f.NewPaper(digest)
	for _, c := range []string{"", "0", "12345", "1234567", "abcdef", strings.Repeat("a", 16), strings.Repeat("1", 1<<20), "１２３４５６"} {
		if f.Passes(c, now, digest) {
			t.Errorf("%.20q was taken", c)
		}
	}
	if len(f.Paper) != second.Codes || f.Step != 0 {
		t.Error("a wrong code used something up")
	}
}

// A code on paper works once, however it is typed, and new ones end the old.
func TestCodesOnPaper(t *testing.T) {
	f := second.New(now)
	codes := f.NewPaper(digest)
	if len(codes) != second.Codes || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != second.Codes {
		t.Fatalf("%q", codes)
	}
	for i, c := range codes {
		typed := strings.ToUpper(strings.ReplaceAll(c, "-", " "))
		if !f.Passes(typed, now, digest) || f.Passes(c, now, digest) || len(f.Paper) != second.Codes-1-i {
			t.Fatalf("%s", c)
		}
	}
	old := f.NewPaper(digest)
	f.NewPaper(digest)
	if f.Passes(old[0], now, digest) {
		t.Error("an old code works beside the new ones")
	}
}

// What the app reads holds the secret, and names that cannot change its meaning.
func TestAddress(t *testing.T) {
	f := second.New(now)
	addr, err := f.Address("Tide: water & Söhne", "mara@example.org?secret=AAAA")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(addr)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		t.Fatalf("%s %v", addr, err)
	}
	q := u.Query()
	if q.Get("secret") != strings.TrimRight(f.Secret, "=") || len(q["secret"]) != 1 || q.Get("issuer") != "Tide water Söhne" || q.Get("period") != "30" {
		t.Errorf("%s", addr)
	}
	p, err := second.Draw(addr)
	if err != nil || p.Side < 21 || len(p.Dark) < 100 {
		t.Errorf("%d %d %v", p.Side, len(p.Dark), err)
	}
}
