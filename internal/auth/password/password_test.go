package password

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

var ada = cvd.Member{Name: "Ada Quillfeather", Email: "ada.quillfeather@fernwood.example.org"}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		password, problem string // problem: a part of it; empty: taken
	}{
		{"plover gantry ochre vestibule", ""},
		{"k7#Vq2!xLp9$", ""},
		{"Zwölf Boxkämpfer jagen Viktor", ""},
		{"十二文字以上の秘密の言葉です", ""},
		{"8307 4419 2265 9170", ""},
		{"тихий омут полон рыб", ""},
		{strings.Repeat("plover gantry ochre", 6) + " vest", ""},
		{"", "12 to 128"},
		{"k7#Vq2!xLp9", "12 to 128"},
		{strings.Repeat("ä", 11), "12 to 128"},
		{strings.Repeat("plover ", 20), "12 to 128"},
		{"valid until here \xff\xfe", "readable"},
		{"aaaaaaaaaaaaaaaa", "keyboard"},
		{"abababababababab", "keyboard"},
		{"abcdefghijkl", "keyboard"},
		{"123456789012", "keyboard"},
		{"qwertyuiop12", "keyboard"},
		{"1qaz2wsx3edc", "keyboard"},
		{"poiuytrewqpo", "keyboard"},
		{"xk4f9!xk4f9!", "keyboard"},
		{"password1234", "common"},
		{"P@$$w0rd2026!", "common"},
		{"Welcome-Welcome-2026", "common"},
		{"correct horse battery staple", "common"},
		{"Summer2026!!", "common"},
		{"letmein!letmein?", "common"},
		{"adminadmin01", "common"},
		{"AdaQuillfeather1", "own name"},
		{"quillfeather-2026", "own name"},
		{"fernwood fernwood!", "own name"},
		{"Northlake-2026!", "organisation"},
		{"northlakerecords", "organisation"},
	} {
		f := Faults(c.password, ada, "Northlake Health Software", "Northlake Records")
		switch {
		case c.problem == "" && len(f) > 0:
			t.Errorf("%q is refused: %v", c.password, f)
		case c.problem != "" && (len(f) != 1 || !strings.Contains(f[0].Problem, c.problem) || f[0].Remedy == ""):
			t.Errorf("%q: %v, want a problem with %q", c.password, f, c.problem)
		}
		if len(f) > 0 && c.password != "" && strings.Contains(f.Error(), c.password) {
			t.Errorf("the fault repeats %q", c.password)
		}
	}
}

// TestRandomPasswordsAreTaken: what a manager makes must not be refused.
func TestRandomPasswordsAreTaken(t *testing.T) {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789#+-_.:!"
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		b := make([]byte, 16)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		if f := Faults(string(b), ada); len(f) > 0 {
			t.Errorf("%q: %v", b, f)
		}
	}
}

func TestHashAndMatch(t *testing.T) {
	for name, fast := range map[string]bool{"fast": true, "real": false} {
		h := NewHasher(fast)
		one, err := h.Hash(t.Context(), "plover gantry")
		if err != nil {
			t.Fatal(err)
		}
		two, _ := h.Hash(t.Context(), "plover gantry")
		if one.String() == two.String() {
			t.Errorf("%s: two hashes of one password are equal: no salt", name)
		}
		back, err := Parse(one.String())
		if err != nil {
			t.Fatal(err)
		}
		for password, want := range map[string]bool{"plover gantry": true, "plover gantrz": false, "": false, "Plover gantry": false, "plover gantry ": false} {
			if got, err := h.Matches(t.Context(), back, password); got != want || err != nil {
				t.Errorf("%s: %q matches: %t, %v", name, password, got, err)
			}
		}
		nobody := h.Nobody()
		if nobody.cost != one.cost || len(nobody.hash) != len(one.hash) || len(nobody.salt) != len(one.salt) {
			t.Errorf("%s: nobody's hash does not cost what a real one does", name)
		}
	}
}

func TestOutdated(t *testing.T) {
	fast, real := NewHasher(true), NewHasher(false)
	if p := fast.Nobody(); !real.Outdated(p) || fast.Outdated(p) {
		t.Error("a cheap hash must be outdated for a real hasher and only there")
	}
	if p := real.Nobody(); real.Outdated(p) || fast.Outdated(p) {
		t.Error("a real hash is outdated nowhere")
	}
	if c := real.cost; c.memory < 19*1024 || c.time < 2 || c.lanes != 1 {
		t.Errorf("the cost %+v is below the least that is recommended", c)
	}
}

func TestHashingWaitsItsTurn(t *testing.T) {
	h := NewHasher(true)
	for range atOnce {
		h.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a full house and an ended wait give %v", err)
	}
	if ok, err := h.Matches(ctx, h.Nobody(), "x"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("a full house and an ended wait give %t, %v", ok, err)
	}
	<-h.turns
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if len(h.turns) != atOnce-1 {
		t.Error("a turn was not given back")
	}
}

const sample = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

func TestParseIsStrict(t *testing.T) {
	if p, err := Parse(sample); err != nil || p.String() != sample {
		t.Fatal(p, err)
	}
	for name, s := range map[string]string{
		"empty":             "",
		"another algorithm": strings.Replace(sample, "argon2id", "argon2i", 1),
		"another version":   strings.Replace(sample, "v=19", "v=16", 1),
		"no version":        strings.Replace(sample, "$v=19", "", 1),
		"leading zero":      strings.Replace(sample, "m=19456", "m=019456", 1),
		"sign":              strings.Replace(sample, "t=2", "t=+2", 1),
		"negative":          strings.Replace(sample, "t=2", "t=-2", 1),
		"blank":             strings.Replace(sample, ",t", ", t", 1),
		"more parameters":   strings.Replace(sample, "p=1", "p=1,x=1", 1),
		"another order":     strings.Replace(sample, "m=19456,t=2", "t=2,m=19456", 1),
		"no time":           strings.Replace(sample, "t=2", "t=0", 1),
		"much time":         strings.Replace(sample, "t=2", "t=17", 1),
		"no lanes":          strings.Replace(sample, "p=1", "p=0", 1),
		"many lanes":        strings.Replace(sample, "p=1", "p=257", 1),
		"all memory":        strings.Replace(sample, "m=19456", "m=4294967295", 1),
		"little memory":     strings.Replace(sample, "m=19456", "m=7", 1),
		"padding":           sample + "=",
		"line end":          sample + "\n",
		"line end inside":   strings.Replace(sample, "c29t", "c2\n9t", 1),
		"loose last bits":   strings.Replace(sample, "Hh8", "Hh9", 1),
		"short salt":        strings.Replace(sample, "c29tZXNhbHRzb21lc2FsdA", "c29t", 1),
		"short hash":        strings.Replace(sample, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAEC", 1),
		"one part more":     sample + "$",
		"long":              sample + strings.Repeat("A", 1<<20),
	} {
		if _, err := Parse(s); !errors.Is(err, ErrHash) {
			t.Errorf("%s: read, %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Add(strings.Replace(sample, "t=2", "t=٢", 1))
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		if p.String() != s || p.cost.memory > maxMemory || p.cost.time > maxTime || p.cost.lanes > maxLanes {
			t.Fatalf("%q is read as %q", s, p)
		}
	})
}
