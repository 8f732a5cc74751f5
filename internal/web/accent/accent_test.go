package accent

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestContrast(t *testing.T) {
	if c := Contrast(Colour{}, lightGround); c < 20.9 || c > 21.1 {
		t.Errorf("black on white is %.2f", c)
	}
}

// What is no colour is not used.
func TestCSS(t *testing.T) {
	for colour, used := range map[string]bool{"#ffee00": true, "red": false, "#12345": false, "": false, "#1d4f91": true, "#000000": true} {
		if got := CSS(colour) != nil; got != used {
			t.Errorf("%q: %v", colour, got)
		}
	}
}

// Any colour becomes one that text can be read in, in both themes, and stays what it is
// where it can be read already.
func TestAnyColourCanBeRead(t *testing.T) {
	sheet := regexp.MustCompile(`--accent:light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\);--accent-strong:light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\)`)
	rapid.Check(t, func(t *rapid.T) {
		own := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "colour"))
		m := sheet.FindStringSubmatch(string(CSS(own)))
		if m == nil {
			t.Fatalf("%s: %s", own, CSS(own))
		}
		for i, ground := range []Colour{tintGround, darkGround, tintGround, darkGround} {
			if c, _ := Parse(m[i+1]); Contrast(c, ground) < Readable {
				t.Errorf("%s becomes %s, which has %.2f on %s", own, c, Contrast(c, ground), ground)
			}
		}
		if c, _ := Parse(own); Contrast(c, tintGround) >= Readable && m[1] != own {
			t.Errorf("%s can be read and becomes %s", own, m[1])
		}
	})
}
