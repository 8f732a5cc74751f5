package mail

import (
	"bytes"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/intake"
	"fairlead/internal/intake/mail/text"

	message "github.com/emersion/go-message/mail"
)

// once are the fields that may stand in a header only once (RFC 5322 section 3.6).
var once = []string{"from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject", "date", "content-type", "content-transfer-encoding"}

// head reads what the header of the message says.
func (r *reading) head(e *entity) {
	m := r.m
	for _, name := range once {
		if len(e.all(name)) > 1 {
			r.doubts.add(doubtTwice)
		}
	}
	m.From = r.addresses(e, "from")
	switch {
	case len(m.From) == 0:
		r.doubts.add(doubtFromNone)
	case len(m.From) > 1:
		r.doubts.add(doubtFromMany)
	}
	m.ReplyTo, m.To, m.Cc = r.addresses(e, "reply-to"), r.addresses(e, "to"), r.addresses(e, "cc")
	if ids := messageIDs(e.get("message-id")); len(ids) > 0 {
		m.ID = ids[0]
	}
	m.InReplyTo, m.References = r.references(e, "in-reply-to"), r.references(e, "references")
	m.Subject = r.subject(words(e.get("subject")))
	m.Date = r.date(e.get("date"))
	if tag, _, _ := strings.Cut(text.Line(fromCharset("", e.get("content-language"))), ","); len(tag) <= intake.Most("reporter.language") {
		m.Language = strings.TrimSpace(tag)
	}
	for _, f := range e.fields {
		switch f.name {
		case "delivered-to", "x-original-to", "envelope-to":
			if to := strings.Trim(text.Line(fromCharset("", f.value)), "<> "); to != "" && len(m.Delivered) < maxResults {
				m.Delivered = append(m.Delivered, to)
			}
		case "authentication-results":
			if len(m.Results) < maxResults {
				m.Results = append(m.Results, text.Line(fromCharset("", f.value)))
			}
		case "received":
			m.Received++
		}
	}
	m.Spam = spam(e)
	m.Autocrypt = r.autocrypt(e)
}

func (r *reading) subject(s string) string {
	s, cut := text.Shorten(s, maxSubject)
	if cut {
		r.doubts.add(doubtSubject)
	}
	return s
}

// date reads what people and programs write as a date (RFC 5322 section 3.3).
func (r *reading) date(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	at, err := mail.ParseDate(strings.TrimSpace(text.Uncomment(s)))
	if err != nil || at.Year() < 1970 || at.Year() > 9999 {
		r.doubts.add(doubtDate)
		return time.Time{}
	}
	return at.UTC()
}

// Glimpse reads of a message that cannot be read as a whole from whom it says that it
// is, and about what: From and Subject, wherever they stand in a header of any length.
// All else of the result is empty.
func Glimpse(raw []byte) *Message {
	r := &reading{m: &Message{}}
	e, kept := &entity{}, false
	for rest := lineEnds(raw); len(rest) > 0; {
		var line []byte
		line, rest = nextLine(rest)
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line[:min(len(line), maxID)], []byte{':'})
			name = bytes.ToLower(bytes.TrimSpace(name))
			kept = (string(name) == "from" && !e.has("from")) || (string(name) == "subject" && !e.has("subject"))
		}
		if kept {
			e.take(line, &r.doubts)
		}
	}
	r.m.From, r.m.Subject = r.addresses(e, "from"), r.subject(words(e.get("subject")))
	return r.m
}

// Authors are the addresses of all From fields of a message, without reading the rest
// of it; nil if its header cannot be read.
func Authors(raw []byte) []Address {
	r := &reading{m: &Message{}}
	raw = lineEnds(raw)
	e, err := cut(raw[:min(len(raw), maxHeader+maxField)], &r.doubts)
	if err != nil {
		return nil
	}
	return r.addresses(e, "from")
}

// addresses reads all fields of that name.
func (r *reading) addresses(e *entity, name string) []Address {
	var list []Address
	for _, value := range e.all(name) {
		for _, a := range readAddresses(fromCharset("", value)) {
			a.Name, a.Email = personName(a.Name), strings.TrimSpace(a.Email)
			if !plausible(a.Email) {
				r.doubts.add(doubtAddress)
				continue
			}
			if len(list) == maxAddresses {
				r.doubts.add(doubtAddresses)
				return list
			}
			list = append(list, a)
		}
	}
	return list
}

func personName(s string) string {
	s, _ = text.Shorten(words(s), maxName)
	return s
}

// plausible tells whether s can be an address: something at something, in one word of
// the length that RFC 5321 section 4.5.3.1 allows.
func plausible(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= intake.Most("reporter.email") && text.Line(s) == s && !strings.ContainsAny(s, " <>,")
}

var (
	inBrackets  = regexp.MustCompile(`<\s*([^<>\s]+@[^<>\s]+?)\s*>`)
	bareAddress = regexp.MustCompile(`[^\s<>,;:"()\[\]\\]+@[^\s<>,;:"()\[\]\\]+`)
	encodedWord = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`=\?[^?\s]{1,75}\?[bBqQ]\?[^?]*\?=`)
	})
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// readAddresses reads an address list with its groups. What is no such list yields
// every address that can be seen in it, those in angle brackets first: whoever wrote
// it so leaves in doubt who it is, and the caller must be able to tell.
func readAddresses(s string) []Address {
	if list, err := message.ParseAddressList(s); err == nil {
		out := make([]Address, 0, len(list))
		for _, a := range list {
			out = append(out, Address{a.Name, a.Address})
		}
		return out
	}
	var out []Address
	// An encoded word is a name (RFC 2047 section 5), whatever stands in it raw.
	masked := encodedWord().ReplaceAllStringFunc(s, func(w string) string { return strings.Repeat("x", len(w)) })
	bare := quotedText.ReplaceAllString(text.Uncomment(masked), " ")
	add := func(name, email string) {
		if !slices.ContainsFunc(out, func(a Address) bool { return a.Email == email }) && len(out) <= maxAddresses {
			out = append(out, Address{name, email})
		}
	}
	for i, at := range inBrackets.FindAllStringSubmatchIndex(masked, maxAddresses) {
		name := ""
		if i == 0 {
			name = strings.Trim(s[:at[0]], " \t\"<>")
		}
		add(name, s[at[2]:at[3]])
	}
	for _, email := range bareAddress.FindAllString(bare, maxAddresses) {
		add("", email)
	}
	return out
}

var bracketed = regexp.MustCompile(`<([^<>]*)>`)

// references reads all fields of that name.
func (r *reading) references(e *entity, name string) []string {
	var ids []string
	for _, value := range e.all(name) {
		ids = append(ids, messageIDs(value)...)
	}
	if len(ids) > maxReferences {
		r.doubts.add(doubtReferences)
		ids = ids[len(ids)-maxReferences:]
	}
	return ids
}

// messageIDs reads identifiers without their brackets; those that were written without
// brackets too, if there are none with.
func messageIDs(value string) []string {
	value = fromCharset("", value)
	var ids []string
	for _, m := range bracketed.FindAllStringSubmatch(value, -1) {
		ids = append(ids, m[1])
	}
	if len(ids) == 0 {
		for _, w := range strings.Fields(text.Uncomment(value)) {
			if strings.Contains(w, "@") {
				ids = append(ids, strings.Trim(w, "<>,;\""))
			}
		}
	}
	for i, id := range ids {
		ids[i] = strings.Join(strings.Fields(text.Line(id)), "") // some programs fold inside of it
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" || len(id) > maxID })
}

// spamFields are the verdicts of the filters in use; the value of each must begin so.
// Whether the header can be believed is for the caller to know.
var spamFields = map[string][]string{
	"x-spam-flag":                    {"yes", "true"},
	"x-spam-status":                  {"yes"},
	"x-spam":                         {"yes", "true", "spam"},
	"x-rspamd-action":                {"reject", "add header", "rewrite subject"},
	"x-dspam-result":                 {"spam", "blacklisted", "virus"},
	"x-bogosity":                     {"spam", "yes"},
	"x-ms-exchange-organization-scl": {"5", "6", "7", "8", "9"},
}

func spam(e *entity) bool {
	return slices.ContainsFunc(e.fields, func(f field) bool {
		value := strings.ToLower(strings.TrimSpace(f.value))
		return slices.ContainsFunc(spamFields[f.name], func(start string) bool { return strings.HasPrefix(value, start) })
	})
}
