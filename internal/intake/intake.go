// Package intake turns strangers' bytes into a cvd.Report: a JSON body or the
// fields of a form, with every limit in one table, and everything that is wrong
// told at once.
//
// It never stores, never decides whether a report is a good one, never asks who
// sent it, and repeats no submitted value in what it says.
package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// MaxBody is the most bytes of one JSON body.
const MaxBody = 1 << 20

// maxDepth is how deep JSON may nest; a report needs three levels.
const maxDepth = 16

// maxValues is how many values JSON may hold; a report needs some two hundred.
const maxValues = 10_000

// The limits of extra, the member for what no other member takes.
const (
	maxExtra      = 32
	maxExtraName  = 64
	maxExtraValue = 4000
)

// shape is how a field is written down.
type shape int

const (
	line   shape = iota // one line
	text                // several lines
	list                // several texts of one line each
	answer              // a yes, a no, or words
	credit
)

// limit is one row of the table: the most characters of the field, or of each of
// its items.
type limit struct {
	name  string
	shape shape
	most  int
	items int // of a list
	set   func(*cvd.Report, string)
}

// limits is the table of every field that a report may have, as the API names
// it. An e-mail address has at most 254 characters (RFC 5321, section 4.5.3.1.3,
// less the angle brackets).
var limits = []limit{
	{"program", line, 64, 0, func(r *cvd.Report, s string) { r.Program = s }},
	{"product", line, 200, 0, func(r *cvd.Report, s string) { r.Product = s }},
	{"version", line, 500, 0, func(r *cvd.Report, s string) { r.Version = s }},
	{"title", line, 300, 0, func(r *cvd.Report, s string) { r.Title = s }},
	{"description", text, 100_000, 0, func(r *cvd.Report, s string) { r.Description = s }},
	{"steps", text, 20_000, 0, func(r *cvd.Report, s string) { r.Steps = s }},
	{"impact", text, 20_000, 0, func(r *cvd.Report, s string) { r.Impact = s }},
	{"cwe", line, 200, 0, func(r *cvd.Report, s string) { r.CWE = s }},
	{"urls", list, 2000, 50, func(r *cvd.Report, s string) { r.URLs = append(r.URLs, s) }},
	{"tools", list, 500, 50, func(r *cvd.Report, s string) { r.Tools = append(r.Tools, s) }},
	{"ai_use", answer, 4000, 0, func(r *cvd.Report, s string) { r.AIUse = cvd.Answer(s) }},
	{"found_at", line, 500, 0, func(r *cvd.Report, s string) { r.FoundAt = s }},
	{"exploited", answer, 4000, 0, func(r *cvd.Report, s string) { r.Exploited = cvd.Answer(s) }},
	{"public", answer, 4000, 0, func(r *cvd.Report, s string) { r.Public = cvd.Answer(s) }},
	{"sensitive_data_seen", answer, 4000, 0, func(r *cvd.Report, s string) { r.SensitiveDataSeen = cvd.Answer(s) }},
	{"proposed_fix", text, 20_000, 0, func(r *cvd.Report, s string) { r.ProposedFix = s }},
	{"third_party", answer, 4000, 0, func(r *cvd.Report, s string) { r.ThirdParty = cvd.Answer(s) }},
	{"reported_elsewhere", answer, 4000, 0, func(r *cvd.Report, s string) { r.ReportedElsewhere = cvd.Answer(s) }},
	{"disclosure_plan", text, 4000, 0, func(r *cvd.Report, s string) { r.DisclosurePlan = s }},
	{"own_id", line, 200, 0, func(r *cvd.Report, s string) { r.OwnID = s }},
	{"reporter.name", line, 200, 0, func(r *cvd.Report, s string) { contact(r).Name = s }},
	{"reporter.email", line, 254, 0, func(r *cvd.Report, s string) { contact(r).Email = s }},
	{"reporter.affiliation", line, 200, 0, func(r *cvd.Report, s string) { contact(r).Affiliation = s }},
	{"reporter.title", line, 200, 0, func(r *cvd.Report, s string) { contact(r).Title = s }},
	{"reporter.credit", credit, 20, 0, func(r *cvd.Report, s string) { contact(r).Credit.Wanted = s }},
	{"reporter.credit.as", line, 200, 0, func(r *cvd.Report, s string) { contact(r).Credit.As = s }},
	{"reporter.contact_shareable", answer, 500, 0, func(r *cvd.Report, s string) { contact(r).ContactShareable = cvd.Answer(s) }},
	{"reporter.reply_by", line, 20, 0, func(r *cvd.Report, s string) { contact(r).ReplyBy = s }},
	{"reporter.language", line, 35, 0, func(r *cvd.Report, s string) { contact(r).Language = s }},
	{"reporter.pgp_key", text, pgp.MaxPublicKey, 0, func(r *cvd.Report, s string) { contact(r).PGPKey = s }},
}

var byName = func() map[string]*limit {
	m := map[string]*limit{}
	for i := range limits {
		m[limits[i].name] = &limits[i]
	}
	return m
}()

// Most is the most characters of a field, or of each item of a list; 0 for a
// field that does not exist.
func Most(field string) int {
	if l := byName[field]; l != nil {
		return l.most
	}
	return 0
}

// MostItems is the most items of a list, or the most entries of extra; 0 for all else.
func MostItems(field string) int {
	if field == "extra" {
		return maxExtra
	}
	if l := byName[field]; l != nil {
		return l.items
	}
	return 0
}

// languageTag has the shape of RFC 5646; what nobody speaks is answered in another.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// Language tells whether the text can be the language of a contact.
func Language(s string) bool {
	return len(s) <= Most("reporter.language") && languageTag.MatchString(s)
}

func contact(r *cvd.Report) *cvd.Contact {
	if r.Reporter == nil {
		r.Reporter = &cvd.Contact{}
	}
	return r.Reporter
}

// reading gathers a report and everything that is wrong with it.
type reading struct {
	report cvd.Report
	faults cvd.Faults
	alone  bool // only a contact
}

func (in *reading) fault(field, problem, remedy string) {
	in.faults = Add(in.faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
}

// put takes one text for a field. Blank ones count as left out.
func (in *reading) put(l *limit, field, s string) {
	s, ok := in.clean(field, s, l.shape == text || l.shape == answer, l.most)
	if !ok || s == "" {
		return
	}
	switch l.name {
	case "cwe":
		if s, ok = cweID(s); !ok {
			in.fault(field, "is no CWE identifier", "write it like CWE-79, or leave it out")
			return
		}
	case "reporter.email":
		if !Address(s) {
			in.fault(field, "is no mail address", "give one address alone, like name@example.org, or leave it out")
			return
		}
	case "reporter.credit":
		if s != "name" && s != "anonymous" && s != "none" {
			in.fault(field, "is none of the choices", "choose name, anonymous or none")
			return
		}
	case "reporter.reply_by":
		if s != cvd.ReplyByMail && s != cvd.ReplyByWeb {
			in.fault(field, "is none of the choices", "choose mail or web")
			return
		}
	case "reporter.language":
		if !Language(s) {
			in.fault(field, "is no language", "write a BCP 47 tag such as en or pt-BR")
			return
		}
	case "reporter.pgp_key":
		if _, err := pgp.ReadPublic([]byte(s)); err != nil {
			in.keyFault(field, err)
			return
		}
	}
	l.set(&in.report, s)
}

// Address tells whether s is one bare mail address at a name: an address literal such
// as a@[192.0.2.1] would make the server write to any machine that a stranger names.
func Address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && !strings.HasSuffix(s, "]")
}

func (in *reading) keyFault(field string, err error) {
	faults, ok := errors.AsType[cvd.Faults](err)
	if !ok {
		in.fault(field, "cannot be read as an OpenPGP key", "send one armored public key, or leave it out")
		return
	}
	for _, f := range faults {
		in.fault(field, f.Problem, f.Remedy)
	}
}

// clean checks a text and brings it into the form in which it is kept: UTF-8,
// lines ended by LF, no blanks around it. What it cannot keep as it is, it
// refuses and never drops silently.
func (in *reading) clean(field, s string, lines bool, most int) (string, bool) {
	if !utf8.ValidString(s) {
		in.fault(field, "is not valid UTF-8", "send text in UTF-8")
		return "", false
	}
	if strings.ContainsRune(s, '\r') {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n > most {
		remedy := "shorten it, or send the rest as a file"
		switch {
		case strings.HasPrefix(field, "reporter.") && !lines: // no file names or reaches a person
			remedy = "shorten it"
		case !lines:
			remedy = "shorten it, or put the rest into the description"
		}
		in.fault(field, fmt.Sprintf("has %d characters, more than the %d that it may have", n, most), remedy)
		return "", false
	}
	for i, r := range s {
		switch {
		case r == '\n' && lines, r == '\t':
		case r == '\n':
			in.fault(field, "has more than one line", "write it in one line")
			return "", false
		case r < 0x20 || (r >= 0x7f && r < 0xa0):
			in.fault(field, fmt.Sprintf("holds the control character U+%04X at character %d", r, utf8.RuneCountInString(s[:i])+1), "remove it, or send the text as a file")
			return "", false
		case !lines && steersText(r):
			in.fault(field, fmt.Sprintf("holds the invisible character U+%04X, which turns the direction of text", r), "remove it")
			return "", false
		}
	}
	return s, true
}

// steersText tells whether a character overrides the direction of what follows
// it (Unicode Standard Annex 9), by which a name can be made to read as another.
func steersText(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

var cwePattern = regexp.MustCompile(`^(?i:cwe)?[-_ ]?([0-9]{1,5})(?:[: ].*)?$`)

// cweID reads 79, CWE-79 or CWE-79: Cross-site Scripting.
func cweID(s string) (string, bool) {
	m := cwePattern.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	n := strings.TrimLeft(m[1], "0")
	return "CWE-" + n, n != ""
}

// putList takes the items of a list.
func (in *reading) putList(l *limit, items []string) {
	if len(items) > l.items {
		in.fault(l.name, fmt.Sprintf("has %d entries, more than the %d that it may have", len(items), l.items), "send the rest as a file")
		return
	}
	for i, item := range items {
		in.put(l, fmt.Sprintf("%s[%d]", l.name, i), item)
	}
}

// putExtra takes one entry of extra, whatever it holds, as it was sent.
func (in *reading) putExtra(name string, v node) {
	const field = "extra"
	if in.report.Extra == nil {
		in.report.Extra = cvd.Extra{}
	}
	if len(in.report.Extra) >= maxExtra {
		if !in.blames(field) {
			in.fault(field, fmt.Sprintf("has more than the %d entries that it may have", maxExtra), "put the rest into the description, or send it as a file")
		}
		return
	}
	name, ok := in.clean(field, name, false, maxExtraName)
	if ok && name == "" {
		in.fault(field, "has an entry without a name", "give each entry a name")
		ok = false
	}
	if !ok || v.bad {
		return
	}
	within, was := field+"."+nameable(name), len(in.faults)
	if v.raw == nil { // of a form
		v.text, _ = in.clean(within, v.text, true, maxExtraValue)
		v.raw, _ = json.Marshal(v.text)
	} else if v.kind != 's' && len(v.raw) > maxExtraValue {
		in.fault(within, fmt.Sprintf("has %d bytes, more than the %d that it may have", len(v.raw), maxExtraValue), "shorten it, or send it as a file")
	}
	if in.plain(within, v); len(in.faults) == was {
		in.report.Extra[name] = v.raw
	}
}

// plain looks for what no text may hold in a value and all that stands in it.
func (in *reading) plain(field string, v node) {
	switch {
	case v.kind == 's' && !v.bad:
		in.clean(field, v.text, true, maxExtraValue)
	case v.kind == '[':
		for i, one := range v.items {
			in.plain(fmt.Sprintf("%s[%d]", field, i), one)
		}
	}
	for _, m := range v.members {
		in.clean(field, m.name, false, maxExtraName)
		in.plain(field+"."+nameable(m.name), m.value)
	}
}

func (in *reading) blames(field string) bool {
	for _, f := range in.faults {
		if f.Field == field {
			return true
		}
	}
	return false
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// nameable is a member's name as a fault may repeat it.
func nameable(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "(a member whose name cannot be shown)"
}

// done judges the whole and hands the report over, with what is wrong with it.
func (in *reading) done() (*cvd.Report, error) {
	if cvd.Blank(in.report.Description) && !in.blames("description") {
		in.fault("description", "is missing", "describe what you found in a sentence or more")
	}
	if p := in.report.Reporter; p != nil && *p == (cvd.Contact{}) {
		in.report.Reporter = nil
	}
	return &in.report, in.faults.Err()
}

// Message checks a text of several lines, at most most characters, and brings it
// into the form in which it is kept: UTF-8, lines ended by LF, no blanks around
// it. What is wrong comes as cvd.Faults that name the field.
func Message(field, s string, most int) (string, error) {
	in := &reading{}
	s, _ = in.clean(field, s, true, most)
	return s, in.faults.Err()
}

// MaxMessage is the most characters of one message in a thread.
const MaxMessage = 100_000
