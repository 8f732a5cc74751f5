package register

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/severity"
	"fairlead/internal/store"
)

// Entry is what the register keeps in memory of an advisory: its latest
// revision, without its words. It is never changed once made.
type Entry struct {
	ID        cvd.AdvisoryID
	Seq       int64 // of the event that published this revision; larger is later
	Revision  int
	Title     string
	TLP       cvd.TLP // never empty
	Published time.Time
	Modified  time.Time
	Withdrawn time.Time // zero: it stands
	At        time.Time // when this revision came into the register
	Aliases   []string  // other names, CVE ids first
	Products  []string  // names, as people know them
	PURLs     []string
	// Ecosystems are those of its products in the OSV schema's words, without
	// their releases: "Debian", not "Debian:12".
	Ecosystems []string
	// Band and Score are of its worst vector; empty and 0 without one.
	Band  cvd.Band
	Score float64
	// Documents names those that there are, in the order of the formats: the
	// format's name, and for further documents of one format that with a slash
	// and the name of the part.
	Documents []string
	// Names is everything that names it, in lower case, a line each: what a search
	// looks into.
	Names string
	// Raw means that it was published while no policy said who publishes, as an
	// import into a fresh house is; see Complete.
	Raw   bool
	langs []string // of an advisory that is about to be published
}

// spoken is the format that has a document for each language of any advisory, as
// Documents has it.
const spoken = "markdown/"

// Languages lists the other languages in which it is published.
func (e *Entry) Languages() []string {
	out := slices.Clone(e.langs)
	for _, name := range e.Documents {
		if lang, ok := strings.CutPrefix(name, spoken); ok {
			out = append(out, lang)
		}
	}
	return out
}

// Has tells whether there is a document of that name.
func (e *Entry) Has(name string) bool { return slices.Contains(e.Documents, name) }

// Document is one published document of an advisory's latest revision.
type Document struct {
	ID       cvd.AdvisoryID
	Name     string // as Entry.Documents has it
	File     string // what its format calls the file
	Media    string // MIME type
	Ext      string // with its dot
	Revision int
	TLP      cvd.TLP // of this revision; never empty
	Modified time.Time
	At       time.Time // when it came into the register
	Bytes    []byte    // exactly as published
	SHA256   string    // of Bytes, in lower-case hexadecimal
	SHA512   string
	// Signature is a detached, armored OpenPGP signature over Bytes, and nil
	// where the house signs nothing.
	Signature []byte
}

// kept is a document as it lies sealed in its record.
type kept struct {
	Revision  int       `json:"revision"`
	TLP       cvd.TLP   `json:"tlp"`
	Modified  time.Time `json:"modified"`
	At        time.Time `json:"at"`
	File      string    `json:"file"`
	Media     string    `json:"media"`
	Ext       string    `json:"ext"`
	SHA256    string    `json:"sha256"`
	SHA512    string    `json:"sha512"`
	Bytes     []byte    `json:"bytes"`
	Signature []byte    `json:"signature,omitempty"`
	Key       string    `json:"key,omitempty"` // which key signed
}

// head is the open part of an event: that something was published, and when.
type head struct {
	Stream string    `json:"stream"`
	Seq    int64     `json:"seq"`
	Type   string    `json:"type"` // published
	V      int       `json:"v"`
	At     time.Time `json:"at"`
}

// body is the sealed part: the entry, and what each document was.
type body struct {
	ID         cvd.AdvisoryID `json:"id"`
	Revision   int            `json:"revision"`
	Title      string         `json:"title"`
	TLP        cvd.TLP        `json:"tlp"`
	Published  time.Time      `json:"published"`
	Modified   time.Time      `json:"modified"`
	Withdrawn  time.Time      `json:"withdrawn,omitzero"`
	At         time.Time      `json:"at"`
	Aliases    []string       `json:"aliases,omitempty"`
	Products   []string       `json:"products,omitempty"`
	PURLs      []string       `json:"purls,omitempty"`
	Ecosystems []string       `json:"ecosystems,omitempty"`
	Band       cvd.Band       `json:"band,omitempty"`
	Score      float64        `json:"score,omitempty"`
	Raw        bool           `json:"raw,omitempty"`
	Record     string         `json:"record"` // SHA-256 of the whole record's bytes, in hex
	Documents  []printed      `json:"documents,omitempty"`
}

// printed is what the history keeps of a document.
type printed struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Media  string `json:"media"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// outline makes the body of a record's event, without its documents.
func outline(a *cvd.Advisory) body {
	b := body{
		ID: a.ID, Revision: a.Revision, Title: a.Title, TLP: label(a.TLP),
		Published: a.Published.UTC(), Modified: a.Modified.UTC(), Withdrawn: a.Withdrawn.UTC(),
		Aliases: a.CVEs(),
	}
	for _, id := range a.Aliases {
		b.Aliases = once(b.Aliases, id)
	}
	for i := range a.Products {
		p := &a.Products[i]
		b.Products = once(b.Products, p.Name)
		b.PURLs = once(b.PURLs, p.PURL)
		eco, _, _ := strings.Cut(p.Ecosystem, ":")
		b.Ecosystems = once(b.Ecosystems, eco)
	}
	for i := range a.Vulnerabilities {
		for _, one := range a.Vulnerabilities[i].Scores {
			if s, err := severity.Parse(one.Vector); err == nil && (b.Band == "" || s.Score > b.Score) {
				b.Band, b.Score = s.Band, s.Score
			}
		}
	}
	return b
}

func label(t cvd.TLP) cvd.TLP {
	if t == "" {
		return cvd.TLPClear
	}
	return t
}

func once(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// entry is what stays in memory of an event. Names of formats, bands and labels
// repeat in each, so one copy of them is shared.
func (b *body) entry(seq int64, shared *shelf) *Entry {
	names := make([]string, len(b.Documents))
	for i, d := range b.Documents {
		names[i] = d.Name
	}
	return &Entry{
		Names: strings.ToLower(strings.Join(slices.Concat([]string{string(b.ID), b.Title}, b.Aliases, b.Products, b.PURLs), "\n")),
		ID:    b.ID, Seq: seq, Revision: b.Revision, Title: b.Title, TLP: cvd.TLP(shared.word(string(b.TLP))),
		Published: b.Published, Modified: b.Modified, Withdrawn: b.Withdrawn, At: b.At,
		Aliases: b.Aliases, Products: shared.words(b.Products), PURLs: shared.words(b.PURLs), Ecosystems: shared.words(b.Ecosystems),
		Band: cvd.Band(shared.word(string(b.Band))), Score: b.Score, Documents: shared.list(names), Raw: b.Raw,
	}
}

// shelf holds one copy of each word that many entries share.
type shelf struct {
	known map[string]string
	lists map[string][]string
}

func (s *shelf) word(w string) string {
	if one, ok := s.known[w]; ok {
		return one
	}
	if s.known == nil {
		s.known = map[string]string{}
	}
	w = strings.Clone(w)
	s.known[w] = w
	return w
}

func (s *shelf) words(list []string) []string {
	for i, w := range list {
		list[i] = s.word(w)
	}
	return slices.Clip(list)
}

func (s *shelf) list(names []string) []string {
	key := strings.Join(names, "\n")
	if one, ok := s.lists[key]; ok {
		return one
	}
	if s.lists == nil {
		s.lists = map[string][]string{}
	}
	s.lists[key] = s.words(names)
	return s.lists[key]
}

// open reads the row of an event.
func (r *Register) open(row store.Event) (body, error) {
	var b body
	plain, err := r.Vault.Stream(Stream).OpenEvent(row)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(plain, &b)
}
