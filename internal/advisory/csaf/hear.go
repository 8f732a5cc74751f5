package csaf

import (
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cwe"
	"fairlead/internal/advisory/vers"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

func (r *reader) vulnerability(i int, in *vulnerability) {
	at, field := advisory.Pointer("vulnerabilities", i), "vulnerabilities["+strconv.Itoa(i)+"]"
	v := cvd.Vulnerability{
		CVE: in.CVE, Title: in.Title,
		Discovered: r.Time(field+".discovery_date", in.DiscoveryDate), Disclosed: r.Time(field+".release_date", in.ReleaseDate),
	}
	for _, id := range in.IDs {
		v.IDs = append(v.IDs, cvd.ForeignID{System: id.System, ID: id.Text})
	}
	if in.CWE != nil {
		v.CWE = []string{in.CWE.ID}
		if w, ok := cwe.Find(in.CWE.ID); !ok || w.Name != in.CWE.Name {
			r.keep(at+"/cwe/name", in.CWE.Name, "the enumeration names the weakness otherwise")
		}
	}
	for n, ack := range in.Acknowledgments {
		r.acknowledgment(at+advisory.Pointer("acknowledgments", n), ack)
	}
	for n, ref := range in.References {
		r.reference(at+advisory.Pointer("references", n), ref)
	}
	h := &hearing{reader: r, at: at, in: in, v: &v, status: map[string]cvd.ProductStatus{}}
	h.statuses()
	h.flags()
	for n, one := range in.Notes {
		h.note(at+advisory.Pointer("notes", n), one)
	}
	h.threats()
	h.affects()
	h.remedies()
	h.scores()
	r.a.Vulnerabilities = append(r.a.Vulnerabilities, v)
}

// hearing is one vulnerability while it is read.
type hearing struct {
	*reader
	at     string
	in     *vulnerability
	v      *cvd.Vulnerability
	status map[string]cvd.ProductStatus // by product_id
	order  []string                     // product_ids as they come
	first  map[string]bool              // those in first_fixed
}

func (h *hearing) statuses() {
	s := h.in.ProductStatus
	if s == nil {
		return
	}
	h.first = map[string]bool{}
	for _, id := range s.FirstFixed {
		h.first[id] = true
	}
	for _, list := range []struct {
		name   string
		ids    []string
		status cvd.ProductStatus
	}{
		{"known_affected", s.KnownAffected, cvd.StatusAffected},
		{"first_affected", s.FirstAffected, cvd.StatusAffected},
		{"last_affected", s.LastAffected, cvd.StatusAffected},
		{"fixed", s.Fixed, cvd.StatusFixed},
		{"first_fixed", s.FirstFixed, cvd.StatusFixed},
		{"known_not_affected", s.KnownNotAffected, cvd.StatusNotAffected},
		{"under_investigation", s.UnderInvestigation, cvd.StatusInvestigating},
	} {
		for n, id := range list.ids {
			pointer := h.at + advisory.Pointer("product_status", list.name, n)
			if list.name == "first_affected" || list.name == "last_affected" {
				h.Lose(pointer, "the record says that it is affected, not that it is the first or the last")
			}
			old, said := h.status[id]
			l, ok := h.leaves[id]
			switch {
			case !ok:
				h.keep(pointer, id, "no such product is defined")
			case l.unread:
				h.keep(pointer, id, "its range of versions could not be read")
			case said && old != list.status:
				h.keep(pointer, id, "another status was said of it before")
			case !said:
				h.status[id] = list.status
				h.order = append(h.order, id)
			}
		}
	}
}

// note reads a note of a vulnerability, or keeps it.
func (h *hearing) note(pointer string, n note) {
	switch {
	case n.Title == titleImpact && h.v.Impact == "":
		h.v.Impact = n.Text
	case n.Title == titleCWE && n.Category == "other":
		h.v.CWE = append(h.v.CWE, strings.Split(n.Text, "\n")...)
	case n.Title == titleCVSS && n.Category == "other":
		for line := range strings.SplitSeq(n.Text, "\n") {
			if f := strings.Fields(line); len(f) > 0 {
				h.v.Scores = append(h.v.Scores, cvd.AdvisoryScore{Vector: f[0], Products: f[1:]})
			}
		}
	case h.v.Description == "" && slices.Contains([]string{"description", "summary", "details", "general"}, n.Category):
		h.v.Description = n.Text
		if n.Title != "" {
			h.keep(pointer+"/title", n.Title, "the record's texts have no titles of their own")
		}
	default:
		h.keep(pointer, n, "the record has one description and one impact")
	}
}

// members are the product_ids that something is said of, groups resolved.
func (r *reader) members(ids, groups []string) []string {
	out := slices.Clone(ids)
	for _, g := range groups {
		out = append(out, r.groups[g]...)
	}
	return out
}

func (h *hearing) threats() {
	for n, t := range h.in.Threats {
		pointer := h.at + advisory.Pointer("threats", n)
		ids := h.members(t.Products, t.GroupIDs)
		denied := slices.ContainsFunc(ids, func(id string) bool { return h.status[id] == cvd.StatusNotAffected })
		switch {
		case t.Category == "impact" && denied: // affects reads it
		case t.Category == "impact" && h.v.Impact == "":
			h.v.Impact = t.Details
		case t.Category == "exploit_status" && h.v.Exploited == "":
			h.v.Exploited = t.Details
		case t.Category == "exploit_status" && h.v.Exploited == t.Details:
		default:
			h.keep(pointer, t, "the record has one impact and one word on attacks")
			continue
		}
		if len(ids) > 0 && !denied {
			h.keep(pointer+"/product_ids", ids, "the record says it of the vulnerability, not of single products")
		}
	}
}

// flags keeps those that the record has no place for: it says why not of versions that
// are not affected alone.
func (h *hearing) flags() {
	for n, f := range h.in.Flags {
		for _, id := range h.members(f.Products, f.GroupIDs) {
			if h.status[id] != cvd.StatusNotAffected {
				h.keep(h.at+advisory.Pointer("flags", n), f, "a justification is said of "+id+", which is not said to be unaffected")
				break
			}
		}
	}
}

// why is what a document says of versions that are not affected.
func (h *hearing) why(id string) (j cvd.Justification, statement string) {
	for _, f := range h.in.Flags {
		if slices.Contains(h.members(f.Products, f.GroupIDs), id) && j == "" {
			j = cvd.Justification(f.Label)
		}
	}
	for _, t := range h.in.Threats {
		if t.Category == "impact" && slices.Contains(h.members(t.Products, t.GroupIDs), id) && statement == "" {
			statement = t.Details
		}
	}
	return j, statement
}

// affects gathers what is said of one product in one way into one entry.
func (h *hearing) affects() {
	type way struct {
		product   string
		status    cvd.ProductStatus
		j         cvd.Justification
		statement string
		whole     bool
	}
	at := map[way]int{}
	ended := map[string]bool{} // fixed versions that a range names
	for _, id := range h.order {
		l := h.leaves[id]
		w := way{product: l.product, status: h.status[id]}
		if w.status == cvd.StatusNotAffected {
			w.j, w.statement = h.why(id)
		}
		w.whole = l.version == "" && (l.rang == nil || l.rang.All())
		if h.first[id] && ended[l.product+"\x00"+l.repo+"\x00"+l.version] {
			continue
		}
		n, ok := at[w]
		if !ok {
			n = len(h.v.Affects)
			at[w] = n
			h.v.Affects = append(h.v.Affects, cvd.Affect{Product: w.product, Status: w.status, Justification: w.j, Statement: w.statement})
		}
		affect := &h.v.Affects[n]
		switch {
		case w.whole:
		case l.version != "":
			affect.Versions = append(affect.Versions, l.version)
		default:
			affect.Versions = append(affect.Versions, l.rang.Versions...)
			if len(l.rang.Events) > 0 {
				affect.Ranges = append(affect.Ranges, h.span(l, ended))
			}
		}
	}
}

// span makes a range of a leaf. Its upper bounds are fixed versions where the
// document says so of them.
func (h *hearing) span(l leaf, ended map[string]bool) cvd.VersionRange {
	out := cvd.VersionRange{Kind: vers.Kind(l.rang.Scheme), Repo: l.repo}
	for _, e := range l.rang.Events {
		if e.Limit != "" && h.fixed(l, e.Limit) {
			ended[l.product+"\x00"+l.repo+"\x00"+e.Limit] = true
			e = cvd.VersionEvent{Fixed: e.Limit}
		}
		out.Events = append(out.Events, e)
	}
	return out
}

func (h *hearing) fixed(of leaf, version string) bool {
	return slices.ContainsFunc(h.order, func(id string) bool {
		l := h.leaves[id]
		return h.status[id] == cvd.StatusFixed && l.product == of.product && l.repo == of.repo && l.version == version
	})
}

// whom names the products of some product_ids: none where all that are meant
// anyway are among them. Where only some versions of one are, that is told.
func (h *hearing) whom(pointer string, ids []string, meant ...cvd.ProductStatus) []string {
	all, named := true, map[string]bool{}
	var out []string
	for _, id := range ids {
		if l, ok := h.leaves[id]; ok {
			named[id] = true
			out = appendNew(out, l.product)
		}
	}
	partly := false
	for _, id := range h.order {
		if slices.Contains(meant, h.status[id]) && !named[id] {
			all = false
			partly = partly || slices.Contains(out, h.leaves[id].product)
		}
	}
	if partly {
		h.keep(pointer, ids, "it is for some versions of a product; the record says it of the product")
	}
	if all {
		return nil
	}
	return out
}

func (h *hearing) remedies() {
	for n, in := range h.in.Remediations {
		if follows(in) {
			continue
		}
		pointer := h.at + advisory.Pointer("remediations", n)
		if in.URL != "" && !h.Reference(pointer+"/url", in.URL) {
			in.URL = ""
		}
		h.v.Remedies = append(h.v.Remedies, cvd.Remedy{
			Kind: cvd.RemedyKind(in.Category), Text: in.Details, URL: in.URL,
			Date:     h.Time("vulnerabilities.remediations["+strconv.Itoa(n)+"].date", in.Date),
			Products: h.whom(pointer+"/product_ids", h.members(in.Products, in.GroupIDs), cvd.StatusAffected, cvd.StatusInvestigating),
		})
	}
}

// follows tells whether a remediation is one that our own documents add because
// the standard wants one, and that the record need not say.
func follows(in remediation) bool {
	return slices.ContainsFunc(words.Languages, func(lang string) bool {
		v := book().In(lang)
		before, after, _ := strings.Cut(v.Say("vex.remedy.fixed", "versions", "\x00"), "\x00")
		switch cvd.RemedyKind(in.Category) {
		case cvd.RemedyNoneYet:
			return in.Details == v.Say("vex.remedy.none") || in.Details == v.Say("vex.remedy.pending")
		case cvd.RemedyFix:
			return strings.HasPrefix(in.Details, before) && strings.HasSuffix(in.Details, after) && in.URL == "" && in.Date == ""
		}
		return false
	})
}

func (h *hearing) scores() {
	var out []cvd.AdvisoryScore
	for n, in := range h.in.Scores {
		products := h.whom(h.at+advisory.Pointer("scores", n, "products"), in.Products, cvd.StatusAffected)
		for _, c := range []*cvss{in.V3, in.V2} {
			if c != nil && c.Vector != "" {
				out = append(out, cvd.AdvisoryScore{Vector: c.Vector, Products: products})
			}
		}
	}
	h.v.Scores = append(out, h.v.Scores...)
}
