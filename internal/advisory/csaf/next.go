package csaf

import (
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Next is CSAF 2.1, profiles security advisory and withdrawn, as its committee
// specification draft 03 has it. It is a draft: documents are for trying readers, and
// say so themselves. Where neither profile fits, the document is a base document.
var Next = advisory.Format{
	Name: "csaf21", Media: "application/json", Ext: ".json",
	Covers: nextProfile.covers,
	Split:  advisory.ByLanguage,
	File:   nextProfile.file,
	Encode: nextProfile.encode,
}

const (
	nextSchema   = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"
	titleDraft   = "Draft"
	titleRemedy  = "Remediation"
	baseCategory = "csaf_base"
	withdrawn    = "csaf_withdrawn"
)

// advance turns a document of CSAF 2.0 into one of 2.1, for all that does not hang on
// a single vulnerability's words.
func (w *writer) advance(doc *csafDocument) {
	h := &doc.Document
	doc.Schema, h.Version = nextSchema, "2.1"
	label := string(w.a.TLP)
	if label == "" {
		label = string(cvd.TLPClear)
	}
	h.Distribution = &distribution{TLP: &tlp{label, "https://www.first.org/tlp/"}}
	h.Notes = append(h.Notes, note{"other", w.v.Say("csaf.draft"), titleDraft})
	if !w.a.Withdrawn.IsZero() { // the profile wants the reason, and nothing of what it was (6.1.27.14 to 6.1.27.16)
		h.Category, doc.ProductTree, doc.Vulnerabilities = withdrawn, nil, nil
		return
	}
	for i := range doc.Vulnerabilities {
		v := &doc.Vulnerabilities[i]
		v.ReleaseDate, v.DisclosureDate = "", v.ReleaseDate
		w.settle(v)
		if !corresponds(w.claims[i]) {
			h.Category = baseCategory
		}
	}
	if doc.ProductTree != nil {
		several(doc.ProductTree.Branches)
	}
}

// several writes package URLs as the list that CSAF 2.1 has of them.
func several(branches []branch) {
	for i := range branches {
		if p := branches[i].Product; p != nil && p.Helper != nil && p.Helper.PURL != "" {
			p.Helper.PURLs, p.Helper.PURL = []string{p.Helper.PURL}, ""
		}
		several(branches[i].Branches)
	}
}

// corresponds tells whether a security advisory may say it: something is affected
// (6.1.27.12), and of what is fixed something was (6.1.27.13).
func corresponds(claims []advisory.Claim) bool {
	affected := func(product string) bool {
		return slices.ContainsFunc(claims, func(c advisory.Claim) bool {
			return c.Status == cvd.StatusAffected && (product == "" || c.Product.ID == product)
		})
	}
	return affected("") && !slices.ContainsFunc(claims, func(c advisory.Claim) bool {
		return c.Status == cvd.StatusFixed && !affected(c.Product.ID)
	})
}

// weaker lists the remediations that may not stand beside one of a kind for the same
// version (6.1.35), of those that a record has.
var weaker = map[string][]string{
	string(cvd.RemedyFix):         {string(cvd.RemedyNonePlanned), string(cvd.RemedyNoneYet)},
	string(cvd.RemedyWorkaround):  {string(cvd.RemedyNoneYet)},
	string(cvd.RemedyMitigation):  {string(cvd.RemedyNoneYet)},
	string(cvd.RemedyNonePlanned): {string(cvd.RemedyNoneYet)},
}

// settle takes remediations away from versions that they may not be said of: those that
// are fixed or not affected (6.1.36), and those with a stronger one (6.1.35). Words that
// are then said of no version stay as a note.
func (w *writer) settle(v *vulnerability) {
	s := v.ProductStatus
	apart := func(kind, id string) bool {
		if slices.Contains(s.Fixed, id) || slices.Contains(s.KnownNotAffected, id) {
			return true
		}
		return slices.ContainsFunc(v.Remediations, func(r remediation) bool {
			return slices.Contains(weaker[r.Category], kind) && slices.Contains(r.Products, id)
		})
	}
	var kept []remediation
	for _, r := range v.Remediations {
		ids := slices.DeleteFunc(slices.Clone(r.Products), func(id string) bool { return apart(r.Category, id) })
		if len(ids) == 0 {
			v.Notes = append(v.Notes, note{"general", strings.TrimSpace(r.Details + "\n" + r.URL), titleRemedy})
			continue
		}
		r.Products = ids
		kept = append(kept, r)
	}
	v.Remediations = kept
}
