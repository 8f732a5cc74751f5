package web

import (
	"math"

	"fairlead/internal/policy/logo"
	"fairlead/internal/web/accent"
)

// theme is the organisation's own colour as a style sheet.
type theme struct {
	accent string // as the policy gives it
	name   string // hashed file name; empty if the colour cannot be used
	file   asset
}

// theme gives the style sheet of the policy's accent, or nil where it sets none
// or one that could not be read on the page.
func (s *Site) theme() *theme {
	cur := s.current()
	if cur == nil || cur.Policy.Organisation.Accent == "" {
		return nil
	}
	colour := cur.Policy.Organisation.Accent
	t := s.accent.Load()
	if t == nil || t.accent != colour {
		t = newTheme(colour)
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

func newTheme(colour string) *theme {
	t := &theme{accent: colour}
	css := accent.CSS(colour)
	if css == nil {
		return t
	}
	t.name = "theme-" + digest(css) + ".css"
	t.file = newAsset(".css", css)
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
