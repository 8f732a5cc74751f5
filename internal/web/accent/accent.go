// Package accent makes the style sheet of an organisation's own colour, readable on
// light and dark grounds. It never serves anything.
package accent

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// The grounds that the accent must be readable on.
var (
	lightGround = Colour{255, 255, 255}
	tintGround  = Colour{0xe8, 0xec, 0xf2} // as dark as a box on the light page gets
	darkGround  = Colour{0x14, 0x18, 0x1f}
)

// Readable is the contrast that text needs (WCAG 2.2, 1.4.3, level AA).
const Readable = 4.5

// CSS is the style sheet of the accent, a colour as in #12ab9f; nil where that is none.
// On the light page it is made darker until text in it can be read, on the dark one
// lighter.
func CSS(accent string) []byte {
	own, ok := Parse(accent)
	if !ok {
		return nil
	}
	c, dark := own, own
	for Contrast(c, tintGround) < Readable {
		c = c.towards(Colour{}, 0.04)
	}
	for Contrast(dark, darkGround) < Readable+1.5 {
		dark = dark.towards(lightGround, 0.06)
	}
	strong, bright := c.towards(Colour{}, 0.25), dark.towards(lightGround, 0.3)
	return fmt.Appendf(nil, ":root{--accent:%s;--accent-strong:%s}\n@supports(color:light-dark(red,red)){:root{--accent:light-dark(%s,%s);--accent-strong:light-dark(%s,%s)}}\n",
		c, strong, c, dark, strong, bright)
}

// Colour is an sRGB colour, each part from 0 to 255.
type Colour [3]float64

// String writes it as CSS does.
func (c Colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c[0])), uint8(math.Round(c[1])), uint8(math.Round(c[2])))
}

// Parse reads a colour as in #12ab9f.
func Parse(s string) (Colour, bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "#"))
	if err != nil || len(b) != 3 || !strings.HasPrefix(s, "#") {
		return Colour{}, false
	}
	return Colour{float64(b[0]), float64(b[1]), float64(b[2])}, true
}

func (c Colour) towards(d Colour, part float64) Colour {
	for i := range c {
		c[i] = math.Round(c[i] + (d[i]-c[i])*part)
	}
	return c
}

// luminance is relative luminance (WCAG 2.2, definition).
func (c Colour) luminance() float64 {
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

// Contrast is the contrast ratio (WCAG 2.2, definition).
func Contrast(a, b Colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
