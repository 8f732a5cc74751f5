package advisories

import (
	"cmp"
	"net/url"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cwe"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// requests are the texts by which a team that is no CNA asks one for ids: one for
// each vulnerability of the draft that has none. They are in English, which every
// CNA reads, and say nothing that the draft does not say.
func (v lens) requests(draft *casework.Draft, base string) []string {
	if v.Site.Desk.CNA || draft.Case.Release.Withdrawn {
		return nil
	}
	var out []string
	for i := range draft.Record.Vulnerabilities {
		if draft.Record.Vulnerabilities[i].CVE != "" {
			continue
		}
		q := request{voice: v.Site.Words.In("en")}
		q.add(q.voice.Say("cna.request.ask"))
		q.products(draft, i)
		q.vulnerability(draft.Record, i)
		q.references(draft, base)
		when := q.voice.Say("cna.request.public.not")
		if r := draft.Case.Release; !r.First.IsZero() {
			when = q.voice.Day(r.First, v.Zone)
		} else if !r.At.IsZero() {
			when = q.voice.Day(r.At, v.Zone)
		}
		q.line("public", when)
		out = append(out, q.text.String())
	}
	return out
}

// request is such a text as it grows.
type request struct {
	voice *words.Voice
	text  strings.Builder
}

func (q *request) add(line string) { q.text.WriteString(line + "\n") }

// line adds a member, or asks for it where the draft holds none.
func (q *request) line(id, value string) {
	q.add(q.voice.Say("cna.request."+id, "value", q.or(value)))
}

// part adds a text of its own under a heading.
func (q *request) part(id, text string) {
	q.add("\n" + q.voice.Say("cna.request."+id))
	q.add(q.or(text))
}

func (q *request) or(value string) string {
	return cmp.Or(strings.TrimSpace(value), q.voice.Say("cna.request.missing"))
}

func (q *request) products(draft *casework.Draft, i int) {
	vendor := ""
	if draft.Policy != nil {
		vendor = draft.Policy.Policy.Organisation.Name
	}
	claims, err := advisory.Claims(draft.Record, i)
	if err != nil {
		claims = nil // the lint says so beside it
	}
	for n := range draft.Record.Products {
		p := &draft.Record.Products[n]
		var affected []string
		for _, c := range claims {
			if c.Product.ID == p.ID && (c.Status == cvd.StatusAffected || c.Status == cvd.StatusInvestigating) {
				affected = append(affected, versions(c))
			}
		}
		q.add("")
		q.line("vendor", cmp.Or(p.Vendor, vendor))
		q.line("product", p.Name)
		q.line("affected", strings.Join(affected, "; "))
		if fixed := advisory.Fixed(claims, p.ID); len(fixed) > 0 {
			q.line("fixed", strings.Join(fixed, ", "))
		}
	}
}

// versions are those of a claim, without the name of their numbering.
func versions(c advisory.Claim) string {
	_, r, _ := strings.Cut(c.Range, "/")
	return cmp.Or(strings.ReplaceAll(r, "|", ", ")+c.Version, "*")
}

func (q *request) vulnerability(a *cvd.Advisory, i int) {
	one := &a.Vulnerabilities[i]
	var kinds, vectors, people []string
	for _, id := range one.CWE {
		w, _ := cwe.Find(id)
		kinds = append(kinds, strings.TrimSpace(id+" "+w.Name))
	}
	for _, s := range one.Scores {
		vectors = append(vectors, s.Vector)
	}
	for _, c := range a.Credits {
		people = append(people, c.Name)
	}
	q.add("")
	q.line("cwe", strings.Join(kinds, ", "))
	q.line("impact", one.Impact)
	if len(vectors) > 0 {
		q.line("severity", strings.Join(vectors, ", "))
	}
	if len(people) > 0 {
		q.line("credits", strings.Join(people, ", "))
	}
	q.part("description", cmp.Or(one.Description, a.Overview, a.Title))
}

func (q *request) references(draft *casework.Draft, base string) {
	var all []string
	if b := draft.Before; b != nil && b.TLP.Public() {
		all = append(all, base+"/advisories/"+url.PathEscape(string(b.ID)))
	}
	for _, r := range draft.Record.References {
		all = append(all, r.URL)
	}
	q.part("references", strings.Join(all, "\n"))
	q.add("")
}
