package csaf

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// reader is one document on its way into a record.
type reader struct {
	*advisory.Reading
	a      *cvd.Advisory
	labels map[string]string // a word beside a reference or a credit -> its kind
	leaves map[string]leaf   // by product_id
	groups map[string][]string
}

// decode reads one CSAF 2.0 document of any profile. What the record has no place
// for is kept and listed; a document of another version, or without what makes it
// an advisory, is Faults.
func decode(b []byte, now time.Time) (*cvd.Advisory, []advisory.Lost, error) {
	var d csafDocument
	reading, err := advisory.Read(b, &d, now)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{Reading: reading, a: &cvd.Advisory{}, labels: labels(), leaves: map[string]leaf{}, groups: map[string][]string{}}
	switch {
	case d.Document.Category == "csaf_vulnerability_report":
		r.Fault("document.category", "is a report, not an advisory", "send it in as a report: POST /api/v1/reports takes it as it is")
	case d.Document.Version != "2.0":
		r.Fault("document.csaf_version", "is not 2.0", "give a document of CSAF 2.0")
	}
	r.header(&d.Document)
	r.products(d.ProductTree)
	for i := range d.Vulnerabilities {
		r.vulnerability(i, &d.Vulnerabilities[i])
	}
	if err := r.Faults.Err(); err != nil {
		return nil, r.Losses(), err
	}
	r.Dates(r.a)
	r.a.Source = r.Source("csaf", d.Document.Version)
	return r.a, r.Losses(), nil
}

// labels are the words by which this room names kinds of references and credits, in
// each language that it writes.
func labels() map[string]string {
	out := map[string]string{}
	for _, lang := range words.Languages {
		labelsIn(book().In(lang), out)
	}
	return out
}

func labelsIn(v *words.Voice, out map[string]string) {
	for what, kinds := range map[string]string{
		"csaf.reference.": "ADVISORY ARTICLE DETECTION DISCUSSION EVIDENCE FIX GIT INTRODUCED PACKAGE REPORT WEB",
		"csaf.credit.":    "ANALYST COORDINATOR FINDER OTHER REMEDIATION_DEVELOPER REMEDIATION_REVIEWER REMEDIATION_VERIFIER REPORTER SPONSOR TOOL",
	} {
		for kind := range strings.FieldsSeq(kinds) {
			out[what+v.Say(what+kind)] = kind
		}
	}
}

// keep puts a part aside that the record has no place for.
func (r *reader) keep(pointer string, part any, why string) {
	b, err := json.Marshal(part)
	if err != nil {
		panic("csaf: what was JSON is JSON: " + err.Error())
	}
	r.Keep(pointer, b)
	r.Lose(pointer, why)
}

func (r *reader) header(h *header) {
	a := r.a
	a.ID, a.Title, a.Lang = r.ID("document.tracking.id", h.Tracking.ID), h.Title, h.Lang
	a.SourceLang = h.SourceLang
	if h.Title == "" {
		r.Fault("document.title", "is missing", "give the document its title")
	}
	if h.Category != advisoryProfile.category {
		r.keep("/document/category", h.Category, "every record is a security advisory")
	}
	r.keep(keptPublisher, h.Publisher, "who publishes stands in the policy; documents name this one as the source")
	r.label(h.Distribution)
	for i, n := range h.Notes {
		r.note(advisory.Pointer("document", "notes", i), n)
	}
	if before := book().In(h.Lang, "en").Say("csaf.withdrawn", "title", ""); !a.Withdrawn.IsZero() && len(h.Title) > len(before) {
		a.Title = strings.TrimPrefix(h.Title, before) // as our own documents have it
	}
	for i, ref := range h.References {
		r.reference(advisory.Pointer("document", "references", i), ref)
	}
	for i, ack := range h.Acknowledgments {
		r.acknowledgment(advisory.Pointer("document", "acknowledgments", i), ack)
	}
	r.tracking(&h.Tracking)
}

func (r *reader) label(d *distribution) {
	if d == nil {
		return
	}
	if d.TLP != nil {
		switch d.TLP.Label {
		case "WHITE":
			r.a.TLP = cvd.TLPClear
		case "GREEN", "AMBER", "RED":
			r.a.TLP = cvd.TLP(d.TLP.Label)
		default:
			r.Fault("document.distribution.tlp.label", "is no label of CSAF 2.0", "use one of WHITE, GREEN, AMBER, RED")
		}
	}
	switch {
	case d.Text == "TLP:"+string(cvd.TLPAmberStrict) && r.a.TLP == cvd.TLPAmber:
		r.a.TLP = cvd.TLPAmberStrict
	case d.Text != "":
		r.keep("/document/distribution/text", d.Text, "the record knows the label alone")
	}
}

// note reads a note of the document, or keeps it.
func (r *reader) note(pointer string, n note) {
	a := r.a
	switch {
	case n.Title == titleWithdrawn && a.Withdrawn.IsZero() && len(dated(n.Text)) == 1:
		m := dated(n.Text)[0]
		a.Withdrawn, a.Why = m.At, m.Text
	case n.Title == titleTimeline && a.Timeline == nil && len(dated(n.Text)) > 0:
		a.Timeline = dated(n.Text)
	case n.Title == titleUpstream && n.Category == "other":
		a.Upstream = append(a.Upstream, strings.Split(n.Text, "\n")...)
	case n.Title == titleRelated && n.Category == "other":
		a.Related = append(a.Related, strings.Split(n.Text, "\n")...)
	case a.Overview == "" && n.Category == "summary":
		a.Overview = n.Text
	case a.Details == "" && (n.Category == "details" || n.Category == "description"):
		a.Details = n.Text
	default:
		r.keep(pointer, n, "the record has one overview and one text")
		return
	}
	if n.Title != "" && !slices.Contains([]string{titleWithdrawn, titleTimeline, titleUpstream, titleRelated}, n.Title) {
		r.keep(pointer+"/title", n.Title, "the record's texts have no titles of their own")
	}
}

// dated reads lines that begin with an instant; lines without one go on. A text
// that begins otherwise is none of ours.
func dated(text string) []cvd.Milestone {
	var out []cvd.Milestone
	for line := range strings.SplitSeq(text, "\n") {
		first, rest, _ := strings.Cut(line, " ")
		if at, err := time.Parse(time.RFC3339Nano, first); err == nil {
			out = append(out, cvd.Milestone{At: at.UTC(), Text: rest})
		} else if len(out) == 0 {
			return nil
		} else {
			out[len(out)-1].Text += "\n" + line
		}
	}
	return out
}

// reference reads a reference. Where the document itself is to be had is a
// reference to an advisory, once it is read by somebody else.
func (r *reader) reference(pointer string, ref reference) {
	out := cvd.Reference{Kind: "WEB", URL: ref.URL, Text: ref.Summary}
	word, rest, _ := strings.Cut(ref.Summary, ": ")
	switch kind, ok := r.labels["csaf.reference."+word]; {
	case ref.Category == "self":
		out.Kind = "ADVISORY"
	case ok:
		out.Kind, out.Text = kind, rest
	}
	if ref.URL == "" {
		r.keep(pointer, ref, "a reference without a URL")
		return
	}
	if r.Reference(pointer+"/url", ref.URL) && !slices.Contains(r.a.References, out) {
		r.a.References = append(r.a.References, out)
	}
}

func (r *reader) acknowledgment(pointer string, ack acknowledgment) {
	kind, known := r.labels["csaf.credit."+ack.Summary]
	if ack.Summary != "" && !known {
		r.keep(pointer+"/summary", ack.Summary, "a credit says a kind of help, not a sentence")
	}
	names := ack.Names
	if len(names) == 0 && ack.Organization != "" {
		names = []string{""}
	}
	if len(names) == 0 {
		r.keep(pointer, ack, "a credit names a person or an organisation")
		return
	}
	for _, name := range names {
		same := func(c cvd.AdvisoryCredit) bool {
			return c.Name == name && c.Organisation == ack.Organization && c.Kind == kind
		}
		if !slices.ContainsFunc(r.a.Credits, same) {
			r.a.Credits = append(r.a.Credits, cvd.AdvisoryCredit{Name: name, Organisation: ack.Organization, Kind: kind, Contact: ack.URLs})
		}
	}
}

func (r *reader) tracking(t *tracking) {
	a := r.a
	a.Published = r.Time("document.tracking.initial_release_date", t.InitialReleaseDate)
	a.Modified = r.Time("document.tracking.current_release_date", t.CurrentReleaseDate)
	a.Aliases = t.Aliases
	if t.Generator != nil {
		r.keep("/document/tracking/generator", t.Generator, "the record does not say what wrote it")
	}
	switch t.Status {
	case "final":
	case "draft":
		r.Fault("document.tracking.status", "is draft: what is brought in is published at once", "give the document once its publisher made it final")
	default:
		r.keep("/document/tracking/status", t.Status, "what is imported counts as published")
	}
	counted := true
	for i, rev := range t.RevisionHistory {
		n, err := strconv.Atoi(rev.Number)
		if err != nil {
			n, counted = i+1, false
		}
		at := r.Time("document.tracking.revision_history["+strconv.Itoa(i)+"].date", rev.Date)
		a.History = append(a.History, cvd.AdvisoryChange{Revision: n, At: at, Text: rev.Summary})
	}
	if !counted {
		for i := range a.History {
			a.History[i].Revision = i + 1
		}
		r.keep("/document/tracking/version", t.Version, "revisions are counted anew, by integers")
	}
	// Other publishers write the newest first; the record has the oldest first.
	slices.SortStableFunc(a.History, func(x, y cvd.AdvisoryChange) int { return x.At.Compare(y.At) })
	if n := len(a.History); n > 0 {
		if !counted {
			for i := range a.History {
				a.History[i].Revision = i + 1
			}
		}
		a.Revision = a.History[n-1].Revision
	}
}
