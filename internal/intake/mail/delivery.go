package mail

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"fairlead/internal/intake/mail/text"
)

// remember keeps the parts that a delivery status is made of.
func (r *reading) remember(parent, e *entity) {
	switch {
	case e.media.in("message/delivery-status", "message/global-delivery-status"):
		if r.status == nil {
			r.status = e
		}
	case parent.media.kind == "multipart/digest":
	case e.media.in("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
		if r.origin == nil {
			r.origin = e
		}
	}
}

// delivery reads a delivery status notification (RFC 3464), or what programs write that
// do not follow it.
func (r *reading) delivery(e *entity, m *Message) *Delivery {
	var d *Delivery
	switch {
	case r.status != nil && e.media.kind == "multipart/report":
		if d = r.standard(); d == nil {
			d = r.homemade(e, m)
		}
	case bounces(e, m):
		d = r.homemade(e, m)
	}
	if d != nil && r.origin != nil {
		if h, err := cut(r.origin.decoded(&r.doubts), &doubts{}); err == nil {
			if ids := messageIDs(h.get("message-id")); len(ids) > 0 {
				d.Original = ids[0]
			}
		}
	}
	return d
}

// standard reads message/delivery-status: groups of fields, the first about the
// message, each other about one recipient.
func (r *reading) standard() *Delivery {
	d := &Delivery{}
	seen := false
	for rest := r.status.decoded(&r.doubts); len(rest) > 0; {
		group, err := cut(rest, &r.doubts)
		if err != nil {
			break
		}
		rest = group.body
		action, status := firstWord(group.get("action")), statusCode.FindString(group.get("status"))
		if len(group.fields) == 0 && len(group.header) == 0 {
			break // no line of it is a field
		}
		if action == "" && status == "" {
			continue
		}
		failed := action == "failed" || action == "" && strings.HasPrefix(status, "5")
		if seen && (d.Failed || !failed) {
			continue
		}
		seen = true
		d.Failed, d.Status, d.Recipient = failed, status, recipient(group)
	}
	if !seen {
		r.doubts.add(doubtDelivery)
		return nil
	}
	return d
}

var statusCode = regexp.MustCompile(`\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// recipient is who a group is about: the address that we wrote to, where it tells it.
func recipient(group *entity) string {
	for _, name := range []string{"final-recipient", "original-recipient"} {
		_, address, ok := strings.Cut(group.get(name), ";")
		if !ok {
			continue
		}
		if address = strings.Trim(text.Line(fromCharset("", text.Uncomment(address))), "<> "); plausible(address) {
			return address
		}
	}
	return ""
}

var postmaster = regexp.MustCompile(`(?i)^(mailer-daemon|mail-daemon|postmaster|microsoftexchange[0-9a-f]*)$`)

// bounces tells whether a message claims to be from a mail server about another one. A
// postmaster may be a person, unless something else says that a machine wrote.
func bounces(e *entity, m *Message) bool {
	return e.has("x-failed-recipients") || e.media.kind == "multipart/report" && e.media.params["report-type"] == "delivery-status" ||
		m.Auto != "" && slices.ContainsFunc(m.From, func(a Address) bool { return postmaster.MatchString(local(a.Email)) })
}

var (
	originalID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?im)^[> \t]*message-id:\s*<([^<>\s]{1,998})>`)
	})
	refusedByName = regexp.MustCompile(`(?m)^<([^<>\s]+@[^<>\s]+)>:\s*$`)
	permanent     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)permanent (?:fatal )?error|undelivered|returned (?:mail|to sender)|failure notice|\(failure\)|given up|giving up|could(?: not|n't) be delivered|undeliverable|delivery (?:has )?failed|not delivered|user unknown|unknown user|no such user|mailbox (?:unavailable|not found)`)
	})
)

// homemade reads what a server says in its own words; nil if they do not tell that a
// message could not be delivered.
func (r *reading) homemade(e *entity, m *Message) *Delivery {
	d := &Delivery{Status: statusCode.FindString(m.Text)}
	failed := words(e.get("x-failed-recipients"))
	d.Failed = strings.HasPrefix(d.Status, "5") || failed != "" || d.Status == "" && permanent().MatchString(m.Text+"\n"+m.Subject)
	if id := originalID().FindStringSubmatch(m.Text); id != nil {
		d.Original = id[1]
	}
	if to := refusedByName.FindStringSubmatch(m.Text); to != nil {
		failed = to[1]
	}
	if to, _, _ := strings.Cut(failed, ","); plausible(strings.TrimSpace(to)) {
		d.Recipient = strings.TrimSpace(to)
	}
	if !d.Failed && d.Status == "" {
		return nil
	}
	return d
}
