package advisory

import (
	"fmt"
	"slices"

	"fairlead/internal/cvd"
)

// Lint says everything that is to be said of a record before it is published, by
// the clauses of the formats that it will be written in. It looks at the record
// alone: nothing is fetched, and no instant is compared with the clock.
func Lint(a *cvd.Advisory, p Publisher) []Finding {
	l := &lint{a: a, p: p}
	for _, r := range rules {
		l.rule = r
		r.find(l)
	}
	return l.found
}

// rule is one row of the tables: a clause, how much it matters, and the pure
// function that looks for it.
type rule struct {
	id    string // the clause: csaf-6.1.11, osv-OS-4, cve-CR-4 as numbered by their standards, or record-…
	level Level
	find  func(*lint)
}

// rules are all rows, in the order in which people read a record.
var rules = concat(recordRules, langRules, csafRules, osvRules, cveRules)

func concat(tables ...[]rule) []rule {
	var out []rule
	for _, t := range tables {
		out = append(out, t...)
	}
	return out
}

// lint is one look at one record.
type lint struct {
	a     *cvd.Advisory
	p     Publisher
	rule  rule
	found []Finding
}

// say writes a finding of the rule down, once.
func (l *lint) say(field, problem, remedy string) {
	one := Finding{l.rule.level, l.rule.id, cvd.Fault{Field: field, Problem: problem, Remedy: remedy}}
	if !slices.Contains(l.found, one) {
		l.found = append(l.found, one)
	}
}

// need says it where the condition does not hold.
func (l *lint) need(ok bool, field, problem, remedy string) {
	if !ok {
		l.say(field, problem, remedy)
	}
}

// vulnerabilities, affects and ranges walk the record with the names of fields.

func (l *lint) vulnerabilities(f func(field string, i int, v *cvd.Vulnerability)) {
	for i := range l.a.Vulnerabilities {
		f(fmt.Sprintf("vulnerabilities[%d]", i), i, &l.a.Vulnerabilities[i])
	}
}

func (l *lint) affects(f func(field string, v *cvd.Vulnerability, af *cvd.Affect)) {
	l.vulnerabilities(func(field string, _ int, v *cvd.Vulnerability) {
		for n := range v.Affects {
			f(fmt.Sprintf("%s.affects[%d]", field, n), v, &v.Affects[n])
		}
	})
}

func (l *lint) ranges(f func(field string, r *cvd.VersionRange)) {
	l.affects(func(field string, _ *cvd.Vulnerability, af *cvd.Affect) {
		for n := range af.Ranges {
			f(fmt.Sprintf("%s.ranges[%d]", field, n), &af.Ranges[n])
		}
	})
}

func (l *lint) products(f func(field string, p *cvd.AdvisoryProduct)) {
	for i := range l.a.Products {
		f(fmt.Sprintf("products[%d]", i), &l.a.Products[i])
	}
}

// texts are all that people read in the record.
func (l *lint) texts(f func(field, text string)) {
	a := l.a
	walk(a, func(field string, text *string) { f(field, *text) })
	f("why", a.Why)
	for _, lang := range sorted(a.Texts) {
		t := a.Texts[lang]
		f(textsOf(lang)+".title", t.Title)
		f(textsOf(lang)+".overview", t.Overview)
		f(textsOf(lang)+".details", t.Details)
		for n := range t.Parts {
			f(fmt.Sprintf("%s.parts[%d].text", textsOf(lang), n), t.Parts[n].Text)
		}
	}
	for n := range a.History {
		f(fmt.Sprintf("history[%d].text", n), a.History[n].Text)
	}
}
