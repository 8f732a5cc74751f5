package web

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"fairlead/internal/policy/logo"
)

// theme is the organisation's own colour as a style sheet.
type theme struct {
	accent string // as the policy gives it
	name   string // hashed file name; empty if the colour cannot be used
	file   asset
}

// The grounds that the accent must be readable on.
var (
	lightGround = colour{255, 255, 255}
	tintGround  = colour{0xe8, 0xec, 0xf2} // as dark as a box on the light page gets
	darkGround  = colour{0x14, 0x18, 0x1f}
)

// readable is the contrast that text needs (WCAG 2.2, 1.4.3, level AA).
const readable = 4.5

// theme gives the style sheet of the policy's accent, or nil where it sets none
// or one that could not be read on the page.
func (s *Site) theme() *theme {
	cur := s.current()
	if cur == nil || cur.Policy.Organisation.Accent == "" {
		return nil
	}
	accent := cur.Policy.Organisation.Accent
	t := s.accent.Load()
	if t == nil || t.accent != accent {
		t = newTheme(accent)
		s.accent.Store(t)
	}
	if t.name == "" {
		return nil
	}
	return t
}

func (s *Site) themeURL() string {
	if t := s.theme(); t != nil {
		return "/static/" + t.name
	}
	return ""
}

func newTheme(accent string) *theme {
	t := &theme{accent: accent}
	c, ok := parseColour(accent)
	if !ok || contrast(c, tintGround) < readable {
		return t
	}
	dark := c
	for i := 0; contrast(dark, darkGround) < readable+1.5 && i < 40; i++ {
		dark = dark.towards(lightGround, 0.06)
	}
	strong, bright := c.towards(colour{}, 0.25), dark.towards(lightGround, 0.3)
	css := fmt.Sprintf(":root{--accent:%s;--accent-strong:%s}\n@supports(color:light-dark(red,red)){:root{--accent:light-dark(%s,%s);--accent-strong:light-dark(%s,%s)}}\n",
		c, strong, c, dark, strong, bright)
	t.name = "theme-" + digest([]byte(css)) + ".css"
	t.file = newAsset(".css", []byte(css))
	return t
}

// logoSize is how tall the organisation's picture stands in the head, in pixels of
// CSS, and logoWide how wide at most.
const logoSize, logoWide = 32, 160

// picture is the organisation's logo as a file.
type picture struct {
	uri           string // as the policy gives it
	name          string // hashed file name; empty if it cannot be used
	file          asset
	width, height int
}

// logo gives the picture of the policy in effect, or nil.
func (s *Site) logo() *picture {
	cur := s.current()
	if cur == nil || cur.Policy.Organisation.Logo == "" {
		return nil
	}
	p := s.mark.Load()
	if p == nil || p.uri != cur.Policy.Organisation.Logo {
		p = newPicture(cur.Policy.Organisation.Logo)
		s.mark.Store(p)
	}
	if p.name == "" {
		return nil
	}
	return p
}

func newPicture(uri string) *picture {
	p := &picture{uri: uri}
	l, err := logo.Parse(uri)
	if err != nil { // a policy of before this was checked
		return p
	}
	p.height = logoSize
	p.width = int(math.Round(l.Width / l.Height * logoSize))
	if p.width > logoWide {
		p.width, p.height = logoWide, max(1, int(math.Round(l.Height/l.Width*logoWide)))
	}
	p.width = max(1, p.width)
	p.name = "logo-" + digest(l.Bytes) + l.Ext()
	p.file = newAsset(l.Ext(), l.Bytes)
	p.file.alone = true
	return p
}

// Logo is the organisation's picture in the head of a page.
type Logo struct {
	Src           string
	Width, Height int
}

func (s *Site) shownLogo() *Logo {
	p := s.logo()
	if p == nil {
		return nil
	}
	return &Logo{"/static/" + p.name, p.width, p.height}
}

// colour is an sRGB colour.
type colour [3]float64

// String writes it as CSS does.
func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c[0])), uint8(math.Round(c[1])), uint8(math.Round(c[2])))
}

func parseColour(s string) (colour, bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "#"))
	if err != nil || len(b) != 3 || !strings.HasPrefix(s, "#") {
		return colour{}, false
	}
	return colour{float64(b[0]), float64(b[1]), float64(b[2])}, true
}

func (c colour) towards(d colour, part float64) colour {
	for i := range c {
		c[i] += (d[i] - c[i]) * part
	}
	return c
}

// luminance is relative luminance (WCAG 2.2, definition).
func (c colour) luminance() float64 {
	var lin [3]float64
	for i, v := range c {
		v /= 255
		if v <= 0.04045 {
			lin[i] = v / 12.92
		} else {
			lin[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*lin[0] + 0.7152*lin[1] + 0.0722*lin[2]
}

// contrast is the contrast ratio (WCAG 2.2, definition).
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
