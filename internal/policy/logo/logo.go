// Package logo reads the organisation's picture out of a policy. It stands in the
// policy itself, so that whoever signs a version signs its picture too.
//
// It never lets through what could run, load or reach anything: strangers trust
// the page on which the picture stands.
package logo

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strconv"
	"strings"
)

// MaxBytes is the most that a picture may weigh, so that a page with it stays
// light.
const MaxBytes = 12 << 10

// maxSide is the most pixels of a side of a PNG.
const maxSide = 2000

// Logo is a picture that is safe to serve.
type Logo struct {
	Kind          string // image/svg+xml or image/png
	Bytes         []byte
	Width, Height float64 // of any unit; their ratio counts
}

// Ext is how its file's name ends.
func (l Logo) Ext() string {
	if l.Kind == "image/png" {
		return ".png"
	}
	return ".svg"
}

// The reasons why a picture is refused; each is a fault's problem.
var (
	ErrForm  = errors.New("is no picture in the form of a data URI")
	ErrLarge = errors.New("weighs over 12 KiB")
	ErrPNG   = errors.New("is no PNG of up to 2,000 pixels a side")
	ErrSVG   = errors.New("is no SVG of shapes alone, with a viewBox")
)

// Parse reads a data URI (RFC 2397) in base64.
func Parse(uri string) (Logo, error) {
	rest, ok := strings.CutPrefix(uri, "data:")
	kind, text, found := strings.Cut(rest, ";base64,")
	if !ok || !found || kind != "image/svg+xml" && kind != "image/png" {
		return Logo{}, ErrForm
	}
	if base64.StdEncoding.DecodedLen(len(text)) > MaxBytes+2 {
		return Logo{}, ErrLarge
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return Logo{}, ErrForm
	}
	if len(b) > MaxBytes {
		return Logo{}, ErrLarge
	}
	l := Logo{Kind: kind, Bytes: b}
	if kind == "image/png" {
		c, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width > maxSide || c.Height > maxSide {
			return Logo{}, ErrPNG
		}
		if _, err := png.Decode(bytes.NewReader(b)); err != nil {
			return Logo{}, ErrPNG
		}
		l.Width, l.Height = float64(c.Width), float64(c.Height)
		return l, nil
	}
	l.Width, l.Height, err = shapes(b)
	return l, err
}

// elements are those of SVG 2 that only draw. What could run, load, link, embed or
// move is none of them.
var elements = []string{
	"svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
	"linearGradient", "radialGradient", "stop", "clipPath", "mask", "text", "tspan", "symbol", "use",
}

// shapes reads a drawing and its size.
func shapes(b []byte) (width, height float64, err error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	depth, named := 0, 0 // named is the depth of what may be drawn by its name, of which we are inside
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && width > 0 && height > 0 {
			return width, height, nil
		}
		if err != nil {
			return 0, 0, ErrSVG
		}
		switch t := token.(type) {
		case xml.Directive: // a document type may declare entities
			return 0, 0, ErrSVG
		case xml.ProcInst:
			if t.Target != "xml" {
				return 0, 0, ErrSVG
			}
		case xml.StartElement:
			if !slices.Contains(elements, t.Name.Local) || t.Name.Space != "http://www.w3.org/2000/svg" || depth == 0 && t.Name.Local != "svg" {
				return 0, 0, ErrSVG
			}
			if named > 0 && repeats(t) {
				return 0, 0, ErrSVG
			}
			for _, a := range t.Attr {
				if !harmless(a) {
					return 0, 0, ErrSVG
				}
				if a.Name.Local == "id" && depth > 0 && named == 0 {
					named = depth
				}
				if a.Name.Local == "id" && t.Name.Local == "use" {
					return 0, 0, ErrSVG
				}
				if depth == 0 && a.Name.Local == "viewBox" {
					width, height = size(a.Value)
				}
			}
			depth++
		case xml.EndElement:
			if depth--; depth == named {
				named = 0
			}
		}
	}
}

// repeats tells whether an element draws another one by its name. Inside of one that is
// drawn by its name that would multiply: a few lines would keep a browser for years.
func repeats(t xml.StartElement) bool {
	return t.Name.Local == "use" || slices.ContainsFunc(t.Attr, func(a xml.Attr) bool {
		name, value := strings.ToLower(a.Name.Local), strings.ToLower(a.Value)
		return name == "mask" || name == "clip-path" || name == "style" && (strings.Contains(value, "mask") || strings.Contains(value, "clip-path"))
	})
}

// harmless tells whether an attribute can only say how something is drawn.
func harmless(a xml.Attr) bool {
	name, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.Join(strings.Fields(a.Value), ""))
	if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
		return true
	}
	if strings.HasPrefix(name, "on") || name == "base" || strings.Contains(value, "script:") || strings.Contains(value, "\\") {
		return false
	}
	if name == "href" && !strings.HasPrefix(value, "#") {
		return false
	}
	return strings.Count(value, "url(") == strings.Count(value, "url(#") && !strings.Contains(value, "@import") && !strings.Contains(value, "image-set(") && !strings.Contains(value, "image(")
}

func size(viewBox string) (width, height float64) {
	parts := strings.FieldsFunc(viewBox, func(r rune) bool { return r == ' ' || r == ',' })
	if len(parts) != 4 {
		return 0, 0
	}
	width, errW := strconv.ParseFloat(parts[2], 64)
	height, errH := strconv.ParseFloat(parts[3], 64)
	if errW != nil || errH != nil || !(width > 0 && width < 1e6 && height > 0 && height < 1e6) {
		return 0, 0
	}
	return width, height
}

// URI is a picture as a policy holds it.
func URI(kind string, b []byte) string {
	return fmt.Sprintf("data:%s;base64,%s", kind, base64.StdEncoding.EncodeToString(b))
}
