package cases

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/cases/moves"
)

// itemView is one part of a verb's form: a field, or a list to tick.
type itemView struct {
	Field  *web.Field
	Checks *visit.Checks
	Fold   string // the title of a part that is rarely needed; empty: shown open
}

// order is that of the fields in a form: what is decided, why, what is told,
// and what stays here.
var order = []string{"missing", "clauses", "vector", "to", "clock", "until", "cve", "outcome", "seq", "contact", "reason", "text", "silent", "note"}

// fields lists what the verb takes, filled with what was typed.
func (v lens) fields(f *casework.File, verb cvd.Verb, typed url.Values) []itemView {
	spec := rule.SpecOf(verb)
	var out []itemView
	for _, name := range order {
		if !slices.Contains(spec.Takes, name) || name == "silent" && verb == cvd.VerbAttach { // chosen with its button
			continue
		}
		needed := slices.Contains(spec.Needs, name)
		switch name {
		case "clauses":
			out = append(out, itemView{Checks: v.clauseChecks(f, verb, typed["clauses"])})
		case "missing":
			out = append(out, itemView{Checks: v.missingChecks(f, typed["missing"])},
				itemView{Field: v.field(verb, "missing_more", "area", typed, false)})
		case "contact":
			out = append(out, v.contactFields(f, verb, typed)...)
		case "vector":
			out = append(out, itemView{Field: v.vectorField(f, typed)})
			out = append(out, v.metricFields(f, typed)...)
		default:
			out = append(out, v.plainField(f, verb, name, typed, needed))
		}
	}
	if verb == cvd.VerbAttach {
		file := v.field(verb, "file", "file", typed, true)
		file.Help = v.Say("desk.field.file.help", "mib", mebibytes(f))
		out = append(out, itemView{Field: file}) // last: what comes after a file is not read
	}
	return out
}

// plainField is a field of one value.
func (v lens) plainField(f *casework.File, verb cvd.Verb, name string, typed url.Values, needed bool) itemView {
	kind := map[string]string{"text": "area", "note": "area", "reason": "area", "until": "datetime-local", "seq": "hidden"}[name]
	item := itemView{Field: v.field(verb, name, kind, typed, needed)}
	switch name {
	case "text":
		item.Field.Rows = 7
	case "reason":
		item.Field.Help = v.Say("desk.reason." + readers(f.Case, rule.SpecOf(verb)))
	case "silent":
		item.Fold = v.Say("desk.fold.silent")
	case "note":
		if len(rule.SpecOf(verb).Takes) > 2 {
			item.Field.Rows = 3
		}
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
			item.Field.Options = moves.Files(f.Events, item.Field.Value, v.Say("desk.field.seq.offer-check.none"))
		case item.Field.Value == "" && (verb == cvd.VerbSchedule || verb == cvd.VerbPublish):
			item.Field.Value = strconv.FormatInt(f.Case.Release.Draft, 10)
		}
	}
	return item
}

// readers is who reads the reason of a verb.
func readers(c *cvd.Case, spec *rule.Spec) string {
	switch {
	case visit.Outspoken(c, spec.Verb):
		return "world"
	case spec.Tell != cvd.TellReporter || !c.Waited():
		return "team"
	case slices.Contains(spec.Takes, "silent"):
		return "told"
	}
	return "reporter"
}

// field names a field: its own label for the verb where there is one, else the
// common one.
func (v lens) field(verb cvd.Verb, name, kind string, typed url.Values, needed bool) *web.Field {
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
func (v lens) outcomeField(verb cvd.Verb, field *web.Field) {
	var ids []string
	switch verb {
	case cvd.VerbCheckResult:
		ids = []string{"check.pass", "check.fail", "check.none"}
	case cvd.VerbCVE:
		ids = []string{"cve.requested", "cve.reserved", "cve.published", "cve.rejected"}
	default:
		field.Kind, field.Options = "select", moves.Outcomes(v.Say("desk.outcomes.state"), v.Say("desk.outcomes"), field.Value)
		return
	}
	field.Kind, field.Help = "radio", ""
	for _, id := range ids {
		_, value, _ := strings.Cut(id, ".")
		field.Options = append(field.Options, web.Option{Value: value, Label: v.Say(id), Chosen: value == field.Value})
	}
}

// toField offers whom the verb can name.
func (v lens) toField(f *casework.File, verb cvd.Verb, field *web.Field) {
	var fits func(m cvd.Member) bool
	switch verb {
	case cvd.VerbClaim:
		fits = func(m cvd.Member) bool { return m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember) }
	case cvd.VerbInvite:
		fits = func(m cvd.Member) bool { return m.Is(cvd.RoleFixer) }
	case cvd.VerbDropParty:
		field.Kind, field.Options = "select", moves.Parties(f.Case, field.Value)
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

func (v lens) clockField(f *casework.File, field *web.Field) {
	field.Kind = "select"
	for _, k := range casework.Clocks(f.Case) {
		if k.Running() && k.Kind != cvd.ClockRelease { // that one moves with its schedule
			label := v.Say("desk.field.clock.option", "name", v.Say("clock."+string(k.Kind)), "due", v.Voice.Instant(k.Told(), v.Zone))
			field.Options = append(field.Options, web.Option{Value: string(k.Kind), Label: label, Chosen: string(k.Kind) == field.Value})
		}
	}
}

// fitting are the lists of the policy whose clauses a verb usually cites.
var fitting = map[cvd.Verb][]string{
	cvd.VerbInvalidate:    {"scope.out", "scope.known_non_issues", "scope.third_party"},
	cvd.VerbHandOn:        {"scope.third_party", "scope.out", "sections"},
	cvd.VerbNoncompliance: {"guidelines"},
}

// clauseChecks offers the clauses of the version that the case pins: the
// fitting ones open, the others folded.
func (v lens) clauseChecks(f *casework.File, verb cvd.Verb, on []string) *visit.Checks {
	c := &visit.Checks{Name: "clauses", Legend: v.Say("desk.field.clauses"), Help: v.Say("desk.field.clauses.help")}
	if f.Policy == nil {
		return c
	}
	byList := map[string][]policy.Clause{}
	var names []string
	for _, p := range v.Site.Terms(v.Voice, f.Policy).Placed() {
		name, _, _ := strings.Cut(p.Path, "[")
		if p.Clause.ID == "" || name == "checklist" || name == "team.roles" || (verb == cvd.VerbAsk && name == "evidence") {
			continue
		}
		if byList[name] == nil {
			names = append(names, name)
		}
		byList[name] = append(byList[name], p.Clause)
	}
	first := fitting[verb]
	slices.SortStableFunc(names, func(a, b string) int { return rank(first, a) - rank(first, b) })
	for _, name := range names {
		g := visit.CheckGroup{Title: v.Say("desk.clauses." + name), Fold: !slices.Contains(first, name)}
		for _, one := range byList[name] {
			chosen := slices.Contains(on, one.ID)
			g.Fold = g.Fold && !chosen
			g.Items = append(g.Items, visit.CheckItem{Value: one.ID, Label: one.Title, Text: one.Text, On: chosen})
		}
		c.Groups = append(c.Groups, g)
	}
	return c
}

func rank(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}

// missingChecks offers what the policy asks as evidence, and which of the
// requested information the report lacks.
func (v lens) missingChecks(f *casework.File, on []string) *visit.Checks {
	c := &visit.Checks{Name: "missing", Legend: v.Say("desk.field.missing"), Help: v.Say("desk.field.missing.help")}
	if f.Policy == nil {
		return c
	}
	g := visit.CheckGroup{Title: v.Say("desk.clauses.evidence")}
	said := v.Site.Terms(v.readers(f), f.Policy).Evidence
	for i, e := range v.Site.Terms(v.Voice, f.Policy).Evidence {
		value := said[i].Title // which the reporter reads
		g.Items = append(g.Items, visit.CheckItem{Value: value, Label: e.Title, Text: e.Text, On: slices.Contains(on, value)})
	}
	if len(g.Items) > 0 {
		c.Groups = append(c.Groups, g)
	}
	return c
}

// contactFields are the contact of the reporter, or of a party, as the report form names it.
func (v lens) contactFields(f *casework.File, verb cvd.Verb, typed url.Values) []itemView {
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
	var out []itemView
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
		out = append(out, itemView{Field: field})
	}
	return out
}

// partyNames are those of somebody outside.
var partyNames = []string{"name", "email", "affiliation", "language", "pgp_key"}

var contactNames = []string{"name", "email", "affiliation", "title", "credit", "credit.as", "contact_shareable", "reply_by", "language", "pgp_key"}

func (v lens) vectorField(f *casework.File, typed url.Values) *web.Field {
	field := v.field(cvd.VerbSeverity, "vector", "", typed, false)
	field.Help = v.Say("desk.field.vector.help", "method", strings.ToUpper(method(f)))
	if f.Case.Score != nil && !typed.Has("vector") {
		field.Value = f.Case.Score.Vector
	}
	return field
}

func method(f *casework.File) string {
	if f.Policy != nil && f.Policy.Policy.Severity.Method != "" {
		return strings.Replace(f.Policy.Policy.Severity.Method, "-", " ", 1)
	}
	return "cvss 3.1"
}

// metric is one base metric of CVSS 3.1 (specification, section 2) with its
// values.
type metric struct{ name, values string }

var metrics = []metric{
	{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"S", "UC"}, {"C", "NLH"}, {"I", "NLH"}, {"A", "NLH"},
}

// metricFields let a member pick the base metrics in place of typing a vector.
func (v lens) metricFields(f *casework.File, typed url.Values) []itemView {
	if method(f) != "cvss 3.1" {
		return nil
	}
	var out []itemView
	for _, m := range metrics {
		field := &web.Field{Name: "metric." + m.name, Kind: "select", Label: v.Say("desk.cvss." + m.name)}
		field.Options = []web.Option{{Label: v.Say("desk.cvss.none")}}
		for _, val := range m.values {
			id := string(val)
			field.Options = append(field.Options, web.Option{
				Value: id, Label: v.Say("desk.cvss." + m.name + "." + id), Chosen: typed.Get(field.Name) == id,
			})
		}
		out = append(out, itemView{Field: field, Fold: v.Say("desk.fold.cvss")})
	}
	return out
}

// builtVector puts the picked metrics together; empty if none was picked.
func builtVector(typed url.Values) string {
	var b strings.Builder
	for _, m := range metrics {
		if val := typed.Get("metric." + m.name); val != "" {
			b.WriteString("/" + m.name + ":" + val)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "CVSS:3.1" + b.String()
}
