package policy

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"fairlead/internal/calendar"
	"fairlead/internal/policy/logo"
	"fairlead/internal/policy/source"
)

// PartPrefix begins the ids of the page's own parts; no clause may take one.
const PartPrefix = "part-"

// checker finds what the schema cannot: what one part says about another.
// Values that the schema refused are empty here and are passed over.
type checker struct {
	p        *Policy
	f        *source.File
	warnings Faults
	ids      map[string]string // clause id to the path at which it stands
}

func (c *checker) run() {
	c.clauseIDs()
	c.citations()
	c.logo()
	c.addresses()
	c.languages()
	c.programs()
	c.information()
	c.amounts()
	c.calendar()
	c.people()
	c.revisions()
	c.unwise()
	c.said()
	c.translations()
}

func (c *checker) fault(path, problem, remedy string) {
	c.f.Fault(path, problem, remedy)
}

func (c *checker) warn(path, problem, remedy string) {
	c.warnings = append(c.warnings, c.f.Note(path, problem, remedy))
}

// logo holds the organisation's picture to what a page can carry.
func (c *checker) logo() {
	uri := c.p.Organisation.Logo
	if uri == "" {
		return
	}
	if _, err := logo.Parse(uri); err != nil {
		c.fault("organisation.logo", err.Error(), "draw it with shapes alone, without scripts, links, pictures or fonts, in up to 12 KiB, or make it a small PNG")
	}
}

// clauseIDs holds every id to be unique over the whole file, since a ruling
// cites the id alone.
func (c *checker) clauseIDs() {
	c.ids = map[string]string{}
	for _, at := range c.p.Placed() {
		c.claim(at.Path+".id", at.Clause.ID)
		if f := at.Clause.Field; f != "" && !knownField(f) {
			c.fault(at.Path+".field", "is no field of a report", source.DidYouMean(f, FieldNames, fieldRemedy))
		}
	}
	for _, stance := range c.p.Stances() {
		if _, elsewhere := c.ids[stance.Clause.ID]; elsewhere && stance.Cites {
			continue
		}
		if stance.Clause.Text != "" {
			c.claim(stance.Path, stance.Clause.ID)
		}
	}
	seen := map[string]bool{}
	for i, r := range c.p.CannedReplies {
		if r.ID != "" && seen[r.ID] {
			c.fault(fmt.Sprintf("canned_replies[%d].id", i), "another reply has the same id", "write another id")
		}
		seen[r.ID] = true
	}
}

func (c *checker) claim(path, id string) {
	if id == "" {
		return
	}
	if strings.HasPrefix(id, PartPrefix) {
		c.fault(path, "ids that begin with "+PartPrefix+" belong to the page itself", "write another id")
	}
	if first, taken := c.ids[id]; taken {
		c.fault(path, fmt.Sprintf("the id already names the clause on line %d", c.f.Line(first)), "write an id of its own: rulings cite clauses by it")
		return
	}
	c.ids[id] = path
}

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// citations holds every cited clause to exist.
func (c *checker) citations() {
	known := make([]string, 0, len(c.ids))
	for id := range c.ids {
		known = append(known, id)
	}
	slices.Sort(known)
	cite := func(path, id string) {
		if _, ok := c.ids[id]; ok || id == "" {
			return
		}
		c.fault(path, fmt.Sprintf("cites the clause %q, which does not exist", clip(id)), source.DidYouMean(id, known, "write the id of a clause of this file"))
	}
	cite("rewards.clause", c.p.Rewards.Clause)
	for i, r := range c.p.CannedReplies {
		path := fmt.Sprintf("canned_replies[%d]", i)
		cite(path+".clause", r.Clause)
		for _, m := range placeholder.FindAllStringSubmatch(r.Text, 100) {
			cite(path+".text", m[1])
		}
	}
	for tag, texts := range c.p.Translations {
		for key, text := range texts {
			for _, m := range placeholder.FindAllStringSubmatch(text, 100) {
				if strings.HasPrefix(key, "canned_replies.") {
					cite("translations."+tag+"."+key, m[1])
				}
			}
		}
	}
}

// addresses holds contacts and links to be of the kinds that are published.
func (c *checker) addresses() {
	p := c.p
	for i, one := range p.Contacts {
		path := fmt.Sprintf("contacts[%d]", i)
		c.reach(path+".uri", one.URI)
		if e := one.Encryption; e != "" && !keyLink(e) {
			c.fault(path+".encryption", "is not a link to a key", "write a link that begins with https://, dns: or openpgp4fpr:")
		}
	}
	c.reach("privacy.contact", p.Privacy.Contact)
	for _, link := range []struct{ path, value string }{
		{"public_url", p.PublicURL},
		{"source_url", p.SourceURL},
		{"tracker_url", p.TrackerURL},
		{"organisation.url", p.Organisation.URL},
		{"advisories.namespace", p.Advisories.Namespace},
	} {
		u, ok := webAddress(link.value)
		if !ok && link.value != "" && c.f.Has(link.path) {
			c.fault(link.path, "is not a web address", "write an address such as https://example.org/security")
		}
		if ok && link.path == "public_url" && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "") {
			c.fault(link.path, "is more than an origin", "write the scheme and the host alone, such as https://security.example.org")
		}
	}
}

func (c *checker) reach(path, uri string) {
	if uri == "" {
		return
	}
	scheme, rest, _ := strings.Cut(uri, ":")
	remedy := "write mailto:security@example.org, tel:+49-30-0000000 or an https:// address"
	switch strings.ToLower(scheme) {
	case "mailto":
		if a, err := mail.ParseAddress(rest); err != nil || a.Address != rest {
			c.fault(path, "is not a mail address", "write a bare address after mailto:, such as mailto:security@example.org")
		}
	case "tel":
		if !telephone.MatchString(rest) {
			c.fault(path, "is not an international telephone number", "write it with its country code and without blanks, such as tel:+49-30-0000000")
		}
	case "https":
		if _, ok := webAddress(uri); !ok {
			c.fault(path, "is not a web address", remedy)
		}
	case "http":
		c.fault(path, "is not encrypted on its way", "write an https:// address (RFC 9116, section 2.5.3)")
	default:
		if strings.Contains(uri, "@") {
			remedy = "write mailto: before the address"
		}
		c.fault(path, "has no scheme that people can be reached by", remedy)
	}
}

var (
	telephone   = regexp.MustCompile(`^\+[0-9][0-9.()-]{3,30}$`)
	fingerprint = regexp.MustCompile(`^openpgp4fpr:([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$`)
	dnsKey      = regexp.MustCompile(`^dns:[A-Za-z0-9._-]+\?type=OPENPGPKEY$`)
)

func keyLink(s string) bool {
	if _, ok := webAddress(s); ok {
		return true
	}
	return fingerprint.MatchString(s) || dnsKey.MatchString(s)
}

// webAddress reads an https address that is fit to be published: printable
// ASCII, a host, no credentials.
func webAddress(s string) (*url.URL, bool) {
	for _, r := range s {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) {
			return nil, false
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, false
	}
	return u, true
}

var tagLetters = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)

// languageTag tells whether a tag is one of RFC 5646 with known subtags.
func languageTag(tag string) bool {
	_, err := language.Parse(tag)
	return err == nil && tagLetters.MatchString(tag)
}

func (c *checker) languages() {
	seen := map[string]bool{}
	for i, tag := range c.p.Languages {
		path := fmt.Sprintf("languages[%d]", i)
		if tag == "" {
			continue
		}
		if !languageTag(tag) {
			c.fault(path, "is not a language tag", "write a BCP 47 tag such as en, de or fr-CA")
		}
		if low := strings.ToLower(tag); seen[low] {
			c.fault(path, "stands twice", "remove one of the two")
		} else {
			seen[low] = true
		}
	}
}

func (c *checker) programs() {
	ids, prefixes, boxes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	twice := func(seen map[string]bool, path, value, problem, remedy string) {
		if value != "" && seen[value] {
			c.fault(path, problem, remedy)
		}
		seen[value] = true
	}
	for i, one := range c.p.Programs {
		path := fmt.Sprintf("programs[%d]", i)
		twice(ids, path+".id", one.ID, "another program has the same id", "write another id")
		if a, err := mail.ParseAddress(one.Mail); one.Mail != "" && (err != nil || a.Address != one.Mail) {
			c.fault(path+".mail", "is not a mail address", "write a bare address such as server-security@example.org")
		}
		twice(boxes, path+".mail", strings.ToLower(one.Mail), "another program has the same address", "write an address of its own, or leave it out")
		twice(prefixes, path+".prefix", one.Prefix, "another program has the same prefix", "write a prefix of its own: case ids begin with it")
		if one.Prefix != "" && one.Prefix == c.p.Advisories.Prefix {
			c.fault("advisories.prefix", "is the prefix of a program", "write another one: case ids must not read like advisories")
		}
		names := map[string]bool{}
		for j, product := range one.Products {
			twice(names, fmt.Sprintf("%s.products[%d].name", path, j), strings.ToLower(product.Name), "another product has the same name", "merge the two")
		}
	}
}

const fieldRemedy = "write a member of the report such as description, reporter.email or extra.customer_number"

var extraField = regexp.MustCompile(`^extra\.[a-z][a-z0-9_]{0,63}$`)

func knownField(name string) bool {
	return slices.Contains(FieldNames, name) || extraField.MatchString(name)
}

func (c *checker) information() {
	seen := map[string]bool{}
	for i, f := range c.p.Information {
		path := fmt.Sprintf("information[%d].name", i)
		switch {
		case f.Name == "":
			continue
		case !knownField(f.Name):
			c.fault(path, "is no field of a report", source.DidYouMean(f.Name, FieldNames, fieldRemedy))
		case seen[f.Name]:
			c.fault(path, "the field is asked for twice", "remove one of the two")
		}
		seen[f.Name] = true
	}
	if len(c.p.Information) > 0 && !seen["description"] {
		c.fault("information", "does not ask for the description", "add an item with name: description")
	}
}

// amounts holds promises to be of some length.
func (c *checker) amounts() {
	zero := func(path string, a calendar.Amount) {
		if c.f.Has(path) && a.Unit != "" && a.IsZero() {
			c.fault(path, "is no time at all", "write an amount above zero, such as 1 business day")
		}
	}
	for _, one := range c.p.Promises.All() {
		zero(one.Path+".within", one.Promise.Within)
	}
	for _, k := range Kinds {
		zero("promises.warn_before."+string(k), c.p.Promises.WarnBefore[string(k)])
	}
	zero("disclosure.default_embargo", c.p.Disclosure.DefaultEmbargo)
	zero("emergency.after_action_within", c.p.Emergency.AfterActionWithin)
	zero("advisories.unpublished_after", c.p.Advisories.UnpublishedAfter)
	zero("advisories.heads_up", c.p.Advisories.HeadsUp)
}

func (c *checker) revisions() {
	seen, last := map[string]bool{}, time.Time{}
	for i, r := range c.p.Revisions {
		path := fmt.Sprintf("revisions[%d]", i)
		if r.Revision != "" && seen[r.Revision] {
			c.fault(path+".revision", "another line has the same label", "write a label of its own")
		}
		seen[r.Revision] = true
		if r.Date == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, r.Date)
		switch {
		case err != nil:
			c.fault(path+".date", "is not a day of the calendar", "write a date such as 2026-12-24")
		case day.Before(last):
			c.fault(path+".date", "is earlier than the line before it", "put the oldest line first")
		default:
			last = day
		}
	}
}
