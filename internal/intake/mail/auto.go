package mail

import (
	"regexp"
	"slices"
	"strings"

	"fairlead/internal/intake/mail/text"
)

// rule is one row of the table by which automatic mail is told (RFC 3834 section 2 and
// what the programs in use do beyond it).
type rule struct {
	why   Auto
	holds func(e *entity, m *Message, env Envelope) bool
}

// rules are asked in this order; the first that holds is the reason.
var rules = []rule{
	{AutoNull, func(e *entity, _ *Message, env Envelope) bool {
		return env.From == "" && (env.Null || strings.TrimSpace(text.Uncomment(e.get("return-path"))) == "<>")
	}},
	{AutoReport, func(e *entity, _ *Message, _ Envelope) bool { return e.media.kind == "multipart/report" }},
	{AutoSubmitted, func(e *entity, _ *Message, _ Envelope) bool {
		return slices.ContainsFunc(e.all("auto-submitted"), func(v string) bool { return firstWord(v) != "no" }) ||
			e.has("x-autoreply") || e.has("x-autorespond") || e.has("x-auto-reply")
	}},
	{AutoList, func(e *entity, _ *Message, _ Envelope) bool {
		return slices.ContainsFunc(e.fields, func(f field) bool { return strings.HasPrefix(f.name, "list-") }) || precedence(e, "list")
	}},
	{AutoBulk, func(e *entity, _ *Message, _ Envelope) bool {
		return precedence(e, "bulk") || precedence(e, "junk") || precedence(e, "auto_reply")
	}},
	{AutoSuppress, func(e *entity, _ *Message, _ Envelope) bool {
		return slices.ContainsFunc(e.all("x-auto-response-suppress"), suppresses)
	}},
	{AutoSender, func(_ *entity, m *Message, env Envelope) bool {
		return machine.MatchString(local(env.From)) || slices.ContainsFunc(m.From, func(a Address) bool {
			return machine.MatchString(local(a.Email)) || nobody.MatchString(local(a.Email))
		})
	}},
}

// auto is why a message counts as written by a machine.
func auto(e *entity, m *Message, env Envelope) Auto {
	for _, r := range rules {
		if r.holds(e, m, env) {
			return r.why
		}
	}
	return ""
}

// machine are the local parts that nobody writes by hand from; nobody those that only
// say so in From, since providers use them in the envelope of people's mail too.
var (
	machine = regexp.MustCompile(`(?i)^(mailer-daemon|mail-daemon|owner-.+|.+-owner|.+-request|majordomo|listserv)$`)
	nobody  = regexp.MustCompile(`(?i)^(no|do-?not|donot)[-_.]?reply([-_.+].*)?$`)
)

func local(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	return address[:at]
}

func firstWord(v string) string {
	v, _, _ = strings.Cut(text.Uncomment(v), ";")
	return strings.ToLower(strings.TrimSpace(v))
}

func precedence(e *entity, what string) bool {
	return slices.ContainsFunc(e.all("precedence"), func(v string) bool { return firstWord(v) == what })
}

// suppresses tells whether the field forbids replies. DR, NDR, RN and NRN forbid
// receipts only, and some programs set them in every message of a person.
func suppresses(v string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == ',' || r == ' ' || r == ';' }), func(w string) bool {
		return w == "all" || w == "oof" || w == "autoreply"
	})
}
