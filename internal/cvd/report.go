package cvd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// Report is what a reporter says of a vulnerability, in the members of the
// API's POST /api/v1/reports. Only Description is ever required.
type Report struct {
	Program           string   `json:"program,omitempty"`
	Product           string   `json:"product,omitempty"`
	Version           string   `json:"version,omitempty"`
	Title             string   `json:"title,omitempty"`
	Description       string   `json:"description"`
	Steps             string   `json:"steps,omitempty"`
	Impact            string   `json:"impact,omitempty"`
	CWE               string   `json:"cwe,omitempty"`
	URLs              Lines    `json:"urls,omitempty"`
	Tools             Lines    `json:"tools,omitempty"`
	AIUse             Answer   `json:"ai_use,omitempty"`
	FoundAt           string   `json:"found_at,omitempty"`
	Exploited         Answer   `json:"exploited,omitempty"`
	Public            Answer   `json:"public,omitempty"`
	SensitiveDataSeen Answer   `json:"sensitive_data_seen,omitempty"`
	ProposedFix       string   `json:"proposed_fix,omitempty"`
	ThirdParty        Answer   `json:"third_party,omitempty"`
	ReportedElsewhere Answer   `json:"reported_elsewhere,omitempty"`
	DisclosurePlan    string   `json:"disclosure_plan,omitempty"`
	OwnID             string   `json:"own_id,omitempty"`
	Reporter          *Contact `json:"reporter,omitempty"`
	Extra             Extra    `json:"extra,omitempty"`
	// UnknownProduct flags a product that the policy does not list. It is a
	// hint for triage, never a reason to refuse.
	UnknownProduct bool `json:"unknown_product,omitempty"`
}

// Extra is what has no member of its own: any JSON, by name.
type Extra map[string]json.RawMessage

// Contact is who a participant is and how to reach them. It is sealed under a
// key of its own, so that a person can be forgotten without losing the case.
type Contact struct {
	Name             string `json:"name,omitempty"`
	Email            string `json:"email,omitempty"`
	Affiliation      string `json:"affiliation,omitempty"`
	Title            string `json:"title,omitempty"`
	Credit           Credit `json:"credit,omitzero"`
	ContactShareable Answer `json:"contact_shareable,omitempty"`
	PGPKey           string `json:"pgp_key,omitempty"`
	ReplyBy          string `json:"reply_by,omitempty"` // where they read answers, mail or web; empty is what they last wrote by
	Language         string `json:"language,omitempty"` // of letters to them, a BCP 47 tag; empty is the policy's first
}

// Where a participant wishes to read answers.
const (
	ReplyByMail = "mail"
	ReplyByWeb  = "web"
)

// Credit is how a finder wishes to be named in an advisory.
type Credit struct {
	Wanted string `json:"wanted,omitempty"` // name, anonymous, none; empty is not asked yet
	As     string `json:"as,omitempty"`     // the name to print
}

// UnmarshalJSON reads "name", "anonymous", "none" or {"wanted", "as"}.
func (c *Credit) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*c = Credit{Wanted: s}
		return c.check()
	}
	var o struct {
		Wanted Answer `json:"wanted"`
		As     string `json:"as"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf("%w: credit is \"name\", \"anonymous\", \"none\" or {wanted, as}", ErrInvalid)
	}
	*c = Credit{Wanted: string(o.Wanted), As: o.As}
	switch o.Wanted {
	case "yes":
		c.Wanted = "name"
	case "no":
		c.Wanted = "none"
	}
	return c.check()
}

func (c *Credit) check() error {
	switch c.Wanted {
	case "", "name", "anonymous", "none":
		return nil
	}
	return fmt.Errorf("%w: credit is \"name\", \"anonymous\", \"none\" or {wanted, as}", ErrInvalid)
}

// Answer is a yes, a no, or the words of whoever answered. JSON true and false
// read as "yes" and "no".
type Answer string

// Yes tells whether the answer says more than no, in English, German or French, as forms propose it.
func (a Answer) Yes() bool {
	switch strings.ToLower(strings.Trim(string(a), " \t\r\n.!")) {
	case "", "no", "none", "false", "n", "unknown", "i do not know", "i don't know", "nein", "unbekannt", "weiß ich nicht", "ich weiß nicht", "non", "inconnu", "je ne sais pas":
		return false
	}
	return true
}

// UnmarshalJSON reads a boolean or a string.
func (a *Answer) UnmarshalJSON(b []byte) error {
	switch string(bytes.TrimSpace(b)) {
	case "true":
		*a = "yes"
		return nil
	case "false":
		*a = "no"
		return nil
	case "null":
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%w: not a text, true or false", ErrInvalid)
	}
	*a = Answer(s)
	return nil
}

// Lines is a list of short texts.
type Lines []string

// Blank tells whether a text shows nothing: spaces, and marks that have no
// width.
func Blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }) == ""
}

// Headline is the title, or the first words of the description where no title
// was given: at most 80 characters, on one line.
func (r *Report) Headline() string {
	s := strings.Join(strings.Fields(r.Title), " ")
	if s == "" {
		s = strings.Join(strings.Fields(r.Description), " ")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // would turn the text around it
			return -1
		}
		return r
	}, s)
	if rs := []rune(s); len(rs) > 80 {
		cut := string(rs[:79])
		if i := strings.LastIndexByte(cut, ' '); i > 40 {
			cut = cut[:i]
		}
		s = cut + "…"
	}
	return s
}

// Band is a qualitative severity (CVSS v3.1 section 5, v4.0 section 6).
type Band string

// The bands in rising order.
const (
	BandNone     Band = "none"
	BandLow      Band = "low"
	BandMedium   Band = "medium"
	BandHigh     Band = "high"
	BandCritical Band = "critical"
)

// Bands in rising order.
var Bands = []Band{BandNone, BandLow, BandMedium, BandHigh, BandCritical}

// AtLeast tells whether the band is the other or above it; an empty band never
// is, and nothing reaches an empty threshold.
func (b Band) AtLeast(other Band) bool {
	x, y := -1, -1
	for i, one := range Bands {
		if one == b {
			x = i
		}
		if one == other {
			y = i
		}
	}
	return x >= 0 && y >= 0 && x >= y
}
