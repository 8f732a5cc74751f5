// Package fields is the form of a verb: which fields it has, in which order, what they
// offer, and what was typed into them.
//
// It never decides whether a verb may be done, and never loses what was typed. Where a
// verb takes both a reason and a text, the form asks once for what the reporter reads.
package fields

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// Item is one part of a verb's form: a field, or a list to tick.
type Item struct {
	Field  *web.Field
	Checks *visit.Checks
	Fold   string // the title of a part that is rarely needed; empty: shown open
	Said   bool   // what the reporter reads, into which a prepared reply goes
}

// form is a visit as its forms are made.
type form struct{ *visit.Lens }

// order is that of the fields in a form: what is decided, what is said of it, what it
// stands on, and what stays here.
var order = []string{"missing", "vector", "to", "clock", "until", "outcome", "cve", "seq", "contact", "reason", "text", "clauses", "silent", "note"}

// Of lists what the form of the verb has, filled with what was typed.
func Of(l *visit.Lens, f *casework.File, verb cvd.Verb, typed url.Values) []Item {
	v, spec, plan := form{l}, rule.SpecOf(verb), planOf(f.Case, verb)
	var out []Item
	for _, name := range order {
		if !slices.Contains(spec.Takes, name) || !plan.has(name) && typed.Get(name) == "" {
			continue
		}
		needed := slices.Contains(spec.Needs, name)
		switch name {
		case "clauses":
			item := Item{Checks: v.clauseChecks(f, verb, typed["clauses"])}
			if verb == cvd.VerbAsk {
				item.Fold = item.Checks.Legend
			}
			out = append(out, item)
		case "missing":
			out = append(out, Item{Checks: v.missingChecks(f, typed["missing"])},
				Item{Field: v.field(verb, "missing_more", "area", typed, false)})
		case "contact":
			out = append(out, v.contactFields(f, verb, typed)...)
		case "vector":
			out = append(out, Item{Field: v.vectorField(f, typed)})
			out = append(out, v.metricFields(f, typed)...)
		default:
			item := v.plainField(f, verb, name, typed, needed)
			plan.put(v, &item, verb, len(spec.Takes))
			out = append(out, item)
		}
	}
	if verb == cvd.VerbAttach {
		out = append(out, Item{Field: File(l, f)}) // last: what comes after a file is not read
	}
	return out
}

// File is the field in which a file is chosen.
func File(l *visit.Lens, f *casework.File) *web.Field {
	file := form{l}.field(cvd.VerbAttach, "file", "file", nil, true)
	file.Help = l.Say("desk.field.file.help", "mib", Mebibytes(f))
	return file
}

// plainField is a field of one value.
func (v form) plainField(f *casework.File, verb cvd.Verb, name string, typed url.Values, needed bool) Item {
	kind := map[string]string{"text": "area", "note": "area", "reason": "area", "until": "datetime-local", "seq": "hidden"}[name]
	item := Item{Field: v.field(verb, name, kind, typed, needed)}
	switch name {
	case "to":
		v.toField(f, verb, item.Field)
	case "clock":
		v.clockField(f, item.Field)
	case "until":
		help := "desk.field.until.help"
		if verb == cvd.VerbSchedule {
			help += ".schedule"
		}
		item.Field.Help = v.Say(help, "zone", v.Zone.String())
		visit.AskInstant(item.Field, item.Field.Value, v.Zone)
	case "outcome":
		v.outcomeField(verb, item.Field)
	case "seq":
		switch {
		case verb == cvd.VerbOfferCheck:
			item.Field.Kind, item.Field.Help = "select", v.Say("desk.field.seq.offer-check.help")
			item.Field.Options = files(f.Events, item.Field.Value, v.Say("desk.field.seq.offer-check.none"))
		case item.Field.Value == "" && (verb == cvd.VerbSchedule || verb == cvd.VerbPublish):
			item.Field.Value = strconv.FormatInt(f.Case.Release.Draft, 10)
		}
	}
	return item
}

// field names a field: its own label for the verb where there is one, else the
// common one.
func (v form) field(verb cvd.Verb, name, kind string, typed url.Values, needed bool) *web.Field {
	f := &web.Field{Name: name, Kind: kind, Value: typed.Get(name), Required: needed}
	f.Label = v.Say("desk.field." + name)
	if own := "desk.field." + name + "." + string(verb); v.Voice.Has(own) {
		f.Label = v.Say(own)
	}
	if help := "desk.field." + name + ".help"; v.Voice.Has(help) {
		f.Help = v.Say(help)
		if own := help + "." + string(verb); v.Voice.Has(own) {
			f.Help = v.Say(own)
		}
	}
	if kind == "area" {
		f.Rows = 4
	}
	return f
}

// outcomeField offers what may come of the verb.
func (v form) outcomeField(verb cvd.Verb, field *web.Field) {
	var ids []string
	switch verb {
	case cvd.VerbCheckResult:
		ids = []string{"check.pass", "check.fail", "check.none"}
	case cvd.VerbCVE:
		ids = []string{"cve.requested", "cve.reserved", "cve.published", "cve.rejected"}
	default:
		field.Kind, field.Options = "select", outcomes(v.Say("desk.outcomes.state"), v.Say("desk.outcomes"), field.Value)
		return
	}
	field.Kind, field.Help = "radio", ""
	for _, id := range ids {
		_, value, _ := strings.Cut(id, ".")
		field.Options = append(field.Options, web.Option{Value: value, Label: v.Say(id), Chosen: value == field.Value})
	}
}

// toField offers whom the verb can name.
func (v form) toField(f *casework.File, verb cvd.Verb, field *web.Field) {
	var fits func(m cvd.Member) bool
	switch verb {
	case cvd.VerbClaim:
		fits = func(m cvd.Member) bool { return m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember) }
	case cvd.VerbInvite:
		fits = func(m cvd.Member) bool { return m.Is(cvd.RoleFixer) }
	case cvd.VerbDropParty:
		field.Kind, field.Options = "select", parties(f.Case, field.Value)
		return
	default: // handed on to somebody outside
		if f.Policy != nil && f.Policy.Policy.TrackerURL != "" {
			field.List = []string{f.Policy.Policy.TrackerURL}
		}
		return
	}
	if field.Value == "" && verb == cvd.VerbClaim {
		field.Value = v.Actor.ID
	}
	field.Kind = "select"
	for _, m := range slices.SortedFunc(maps.Values(v.Team), func(a, b cvd.Member) int { return strings.Compare(a.Name, b.Name) }) {
		if m.Active && fits(m) {
			field.Options = append(field.Options, web.Option{Value: m.ID, Label: m.Name, Chosen: m.ID == field.Value})
		}
	}
	if len(field.Options) == 0 {
		field.Help = v.Say("desk.field.to.none." + string(verb))
	}
}

func (v form) clockField(f *casework.File, field *web.Field) {
	field.Kind = "select"
	for _, k := range casework.Clocks(f.Case) {
		if k.Running() && k.Kind != cvd.ClockRelease { // that one moves with its schedule
			label := v.Say("desk.field.clock.option", "name", v.Say("clock."+string(k.Kind)), "due", v.Voice.Instant(k.Told(), v.Zone))
			field.Options = append(field.Options, web.Option{Value: string(k.Kind), Label: label, Chosen: string(k.Kind) == field.Value})
		}
	}
}

// contactFields are the contact of the reporter, or of a party, as the report form names it.
func (v form) contactFields(f *casework.File, verb cvd.Verb, typed url.Values) []Item {
	k, names := &cvd.Contact{}, contactNames
	if verb == cvd.VerbNameParty {
		names = partyNames
	} else if p := f.Case.Participant(cvd.Reporter); p != nil && p.Contact != nil {
		k = p.Contact
	}
	now := map[string]string{
		"name": k.Name, "email": k.Email, "affiliation": k.Affiliation, "title": k.Title, "credit": k.Credit.Wanted,
		"credit.as": k.Credit.As, "contact_shareable": string(k.ContactShareable), "pgp_key": k.PGPKey, "reply_by": k.ReplyBy, "language": k.Language,
	}
	var out []Item
	for _, name := range names {
		kind := map[string]string{"email": "email", "credit": "select", "pgp_key": "area", "contact_shareable": "select", "reply_by": "select", "language": "select"}[name]
		field := v.field(cvd.VerbContact, "reporter."+name, kind, typed, false)
		if !typed.Has(field.Name) {
			field.Value = now[name]
		}
		switch name {
		case "credit":
			v.CreditOptions(field)
		case "language":
			field.Options = web.Languages(v.Say("desk.language.any"), field.Value)
		case "contact_shareable":
			v.ConsentOptions(field)
		case "reply_by":
			v.ReplyOptions(field)
		}
		out = append(out, Item{Field: field})
	}
	return out
}

// partyNames are those of somebody outside.
var partyNames = []string{"name", "email", "affiliation", "language", "pgp_key"}

var contactNames = []string{"name", "email", "affiliation", "title", "credit", "credit.as", "contact_shareable", "reply_by", "language", "pgp_key"}

// Mebibytes is the most of one file that the case's policy takes; 0 if it is not known.
func Mebibytes(f *casework.File) int {
	if f.Policy == nil {
		return 0
	}
	return f.Policy.Policy.Intake.AttachmentMiB
}
