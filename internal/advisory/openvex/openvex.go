// Package openvex writes advisories as OpenVEX 0.2.0 documents: one statement for
// each vulnerability and each thing that is said of products. It never reads
// them, and never signs.
package openvex

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Format is OpenVEX 0.2.0.
var Format = advisory.Format{Name: "openvex", Media: "application/json", Ext: ".openvex.json", Covers: covers, Encode: encode, Check: Check}

type document struct {
	Context     string      `json:"@context"`
	ID          string      `json:"@id"`
	Author      string      `json:"author"`
	Role        string      `json:"role,omitempty"`
	Timestamp   string      `json:"timestamp"`
	LastUpdated string      `json:"last_updated,omitempty"`
	Version     int         `json:"version"`
	Tooling     string      `json:"tooling,omitempty"`
	Statements  []statement `json:"statements"`
}

type statement struct {
	Vulnerability   vulnerability `json:"vulnerability"`
	Products        []component   `json:"products"`
	Status          string        `json:"status"`
	StatusNotes     string        `json:"status_notes,omitempty"`
	Justification   string        `json:"justification,omitempty"`
	ImpactStatement string        `json:"impact_statement,omitempty"`
	ActionStatement string        `json:"action_statement,omitempty"`
}

type vulnerability struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Aliases     []string `json:"aliases,omitempty"`
}

type component struct {
	ID          string       `json:"@id"`
	Identifiers *identifiers `json:"identifiers,omitempty"`
}

type identifiers struct {
	PURL  string `json:"purl,omitempty"`
	CPE23 string `json:"cpe23,omitempty"`
}

// book is the catalogue; it is part of the program and cannot fail to load.
var book = sync.OnceValue(func() *words.Book {
	b, err := words.Load()
	if err != nil {
		panic("openvex: the catalogue is part of the program: " + err.Error())
	}
	return b
})

// covers says everything that keeps the record from being an OpenVEX document.
func covers(a *cvd.Advisory, p advisory.Publisher) error {
	var faults cvd.Faults
	need := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
		}
	}
	need(a.ID != "", "id", "is missing", "give the advisory an id")
	need(!a.Published.IsZero(), "published", "is missing", "set the instant of the first revision, planned or past")
	need(strings.HasPrefix(p.Base, "https://"), "publisher.base", "is no https URL", "set the public URL under which documents are served")
	need(strings.HasPrefix(p.Namespace, "https://"), "publisher.namespace", "is no https URL", "give a URL that the organisation controls")
	need(strings.TrimSpace(p.Name) != "", "publisher.name", "is missing", "name the organisation in the policy")
	said, unclear := 0, false
	for i := range a.Vulnerabilities {
		claims, err := advisory.Claims(a, i)
		var contradictions cvd.Faults
		if errors.As(err, &contradictions) {
			faults, unclear = append(faults, contradictions...), true
		}
		said += len(claims)
		for n, one := range a.Vulnerabilities[i].Affects {
			need(one.Status != cvd.StatusNotAffected || one.Justification != "" || strings.TrimSpace(one.Statement) != "",
				fmt.Sprintf("vulnerabilities[%d].affects[%d]", i, n), "does not say why the product is not affected", "choose a justification or write a statement")
		}
	}
	need(said > 0 || unclear, "vulnerabilities", "says nothing of any product", "say which products are affected, fixed or not affected")
	return faults.Err()
}

func encode(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
	if err := covers(a, p); err != nil {
		return nil, err
	}
	a = advisory.Cleared(a)
	d := document{
		Context: "https://openvex.dev/ns/v0.2.0", ID: p.Base + "/advisories/" + url.PathEscape(string(a.ID)) + "#openvex",
		Author: p.Name, Role: p.Category, Timestamp: instant(a.Published), Version: max(a.Revision, 1), Tooling: p.Engine,
	}
	if a.Modified.After(a.Published) {
		d.LastUpdated = instant(a.Modified)
	}
	for i := range a.Vulnerabilities {
		claims, err := advisory.Claims(a, i)
		if err != nil {
			return nil, err
		}
		d.Statements = append(d.Statements, statements(a, i, claims, p)...)
	}
	return advisory.Marshal(d)
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// statements gathers what is said alike of several products into one statement.
func statements(a *cvd.Advisory, i int, claims []advisory.Claim, p advisory.Publisher) []statement {
	var out []statement
	named := name(a, i)
	for _, c := range claims {
		one := statement{Vulnerability: named, Status: string(c.Status), StatusNotes: notes(a)}
		switch c.Status {
		case cvd.StatusNotAffected:
			one.Justification, one.ImpactStatement = string(c.Justification), c.Statement
		case cvd.StatusAffected:
			one.ActionStatement = action(a, i, claims, c)
		case cvd.StatusFixed, cvd.StatusInvestigating:
		}
		alike := func(s statement) bool {
			return s.Status == one.Status && s.Justification == one.Justification && s.ImpactStatement == one.ImpactStatement && s.ActionStatement == one.ActionStatement
		}
		n := slices.IndexFunc(out, alike)
		if n < 0 {
			n, out = len(out), append(out, one)
		}
		out[n].Products = append(out[n].Products, product(c, p))
	}
	return out
}

func name(a *cvd.Advisory, i int) vulnerability {
	v := &a.Vulnerabilities[i]
	out := vulnerability{Name: advisory.Name(a, i), Description: v.Description}
	add := func(id string) {
		if id != out.Name && id != "" && !slices.Contains(out.Aliases, id) {
			out.Aliases = append(out.Aliases, id)
		}
	}
	for _, id := range v.IDs {
		add(id.ID)
	}
	if len(a.Vulnerabilities) == 1 { // of several, nobody knows which is meant
		add(string(a.ID))
		for _, id := range a.Aliases {
			add(id)
		}
	}
	return out
}

// product identifies the versions of a claim. A package URL without a version, and
// a CPE name with any, stand for every version: a range has its own package URL,
// and no CPE name.
func product(c advisory.Claim, p advisory.Publisher) component {
	out := component{ID: c.IRI(p)}
	var ids identifiers
	if c.PURL() != "" {
		ids.PURL = out.ID
	}
	if c.Range == "" && c.Repo == "" {
		ids.CPE23 = c.CPE()
	}
	if ids != (identifiers{}) {
		out.Identifiers = &ids
	}
	return out
}

// action says what to do about affected versions, which the format demands.
func action(a *cvd.Advisory, i int, claims []advisory.Claim, c advisory.Claim) string {
	var out []string
	for _, r := range a.Vulnerabilities[i].Remedies {
		if text := strings.TrimSpace(r.Text + " " + r.URL); advisory.Helps(r, c.Product.ID) && text != "" {
			out = append(out, text)
		}
	}
	voice := book().In(a.Lang, "en")
	if fixed := advisory.Fixed(claims, c.Product.ID); len(out) == 0 && len(fixed) > 0 {
		out = append(out, voice.Say("vex.remedy.fixed", "versions", strings.Join(fixed, ", ")))
	}
	if len(out) == 0 {
		out = append(out, voice.Say("vex.remedy.none"))
	}
	return strings.Join(out, "\n")
}

// notes says of a withdrawn advisory that it is: the format has no member for it,
// and what was said is said no longer.
func notes(a *cvd.Advisory) string {
	if a.Withdrawn.IsZero() {
		return ""
	}
	return strings.TrimSpace(instant(a.Withdrawn) + " " + book().In(a.Lang, "en").Say("csaf.revision.withdrawn") + " " + a.Why)
}
