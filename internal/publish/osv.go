package publish

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// osvName is the format whose documents are exported.
const osvName = "osv"

// everybody is the label of what is exported: what anybody may read.
var everybody = []cvd.TLP{cvd.TLPClear, cvd.TLPGreen}

// osvDoc is what the index holds of a document.
type osvDoc struct {
	ID         string    `json:"id"`
	Modified   time.Time `json:"modified"`
	Withdrawn  string    `json:"withdrawn,omitempty"`
	Aliases    []string  `json:"aliases,omitempty"`
	Ecosystems []string  `json:"ecosystems,omitempty"`

	file string
	of   cvd.AdvisoryID
	name string // as register.Document has it
	seq  int64  // of the entry
	sum  string // the beginning of the document's hash
}

// osvIndex knows every exported document. It reads one only when its advisory
// got a new revision.
type osvIndex struct {
	mu    sync.Mutex
	stamp stamp
	docs  []osvDoc // by file name
}

// exported brings the index to where the part is.
func (d *door) exported(ctx context.Context) (part, []osvDoc, error) {
	p, err := d.of(ctx, everybody)
	if err != nil {
		return p, nil, err
	}
	x := &d.osv
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stamp == p.stamp {
		return p, x.docs, nil
	}
	had := map[cvd.AdvisoryID][]osvDoc{}
	for _, one := range x.docs {
		had[one.of] = append(had[one.of], one)
	}
	var docs []osvDoc
	var fresh []cvd.AdvisoryID
	seqs := map[cvd.AdvisoryID]int64{}
	for _, e := range p.entries {
		if old := had[e.ID]; len(old) > 0 && old[0].seq == e.Seq {
			docs = append(docs, old...)
		} else if e.Has(osvName) {
			fresh = append(fresh, e.ID)
			seqs[e.ID] = e.Seq
		}
	}
	err = d.Register.Documents(ctx, fresh, osvName, func(doc register.Document) error {
		if !doc.TLP.Public() {
			return nil // a later revision is for a few
		}
		one, err := readOSV(doc)
		one.seq = seqs[doc.ID]
		docs = append(docs, one)
		return err
	})
	if err != nil {
		return p, nil, err
	}
	slices.SortFunc(docs, func(a, b osvDoc) int { return cmp.Compare(a.file, b.file) })
	x.docs, x.stamp = docs, p.stamp
	return p, docs, nil
}

// readOSV reads what the index holds out of a document.
func readOSV(doc register.Document) (osvDoc, error) {
	var in struct {
		osvDoc
		Affected []struct {
			Package struct {
				Ecosystem string `json:"ecosystem"`
			} `json:"package"`
		} `json:"affected"`
	}
	if err := json.Unmarshal(doc.Bytes, &in); err != nil {
		return osvDoc{}, fmt.Errorf("OSV document of %s: %w", doc.ID, err)
	}
	one := in.osvDoc
	one.file, one.of, one.name, one.sum = doc.File, doc.ID, doc.Name, doc.SHA256[:32]
	for _, a := range in.Affected {
		eco, _, _ := strings.Cut(a.Package.Ecosystem, ":")
		if eco != "" && !slices.Contains(one.Ecosystems, eco) {
			one.Ecosystems = append(one.Ecosystems, eco)
		}
	}
	return one, nil
}

// osvList is the index: what there is, and when it last changed.
func (d *door) osvList(w http.ResponseWriter, r *http.Request, _ cvd.Actor) error {
	p, docs, err := d.exported(r.Context())
	if err != nil {
		return err
	}
	f, err := d.make("osv index", p.stamp, func(*file) (*file, error) {
		return newJSON(object{"advisories": append([]osvDoc{}, docs...)}, p.at)
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, true)
}

// osvFile answers with the index, the archive of everything, or one document
// with what lies beside it.
func (d *door) osvFile(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	switch r.PathValue("file") {
	case "index.json":
		return d.osvList(w, r, by)
	case "all.zip":
		return d.osvZip(w, r, "")
	}
	name, what := beside(r.PathValue("file"))
	doc, err := d.osvNamed(r.Context(), name)
	if err != nil {
		return err
	}
	return d.sendDocument(w, r, doc, name, what)
}

// osvNamed finds a document by its file. Most are found by their advisory's id
// alone, without an index.
func (d *door) osvNamed(ctx context.Context, name string) (register.Document, error) {
	stem, ok := strings.CutSuffix(name, ".json")
	if !ok {
		return register.Document{}, cvd.ErrNotFound
	}
	for _, id := range []string{stem, strings.TrimPrefix(stem, d.Publisher().OSVPrefix)} {
		doc, err := d.Register.Document(ctx, cvd.AdvisoryID(id), osvName)
		if err == nil && doc.File == name && doc.TLP.Public() {
			return doc, nil
		}
		if err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return register.Document{}, err
		}
	}
	_, docs, err := d.exported(ctx)
	if err != nil {
		return register.Document{}, err
	}
	i, ok := slices.BinarySearchFunc(docs, name, func(one osvDoc, name string) int { return cmp.Compare(one.file, name) })
	if !ok {
		return register.Document{}, cvd.ErrNotFound
	}
	doc, err := d.Register.Document(ctx, docs[i].of, docs[i].name)
	if err == nil && (doc.File != name || !doc.TLP.Public()) {
		err = cvd.ErrNotFound
	}
	return doc, err
}

// osvOf answers with the archive of one ecosystem.
func (d *door) osvOf(w http.ResponseWriter, r *http.Request, _ cvd.Actor) error {
	if r.PathValue("file") != "all.zip" {
		return cvd.ErrNotFound
	}
	return d.osvZip(w, r, r.PathValue("ecosystem"))
}

// osvZip is an archive of documents, as scanners read it: all, or those of an
// ecosystem. The same documents always make the same bytes.
func (d *door) osvZip(w http.ResponseWriter, r *http.Request, ecosystem string) error {
	p, docs, err := d.exported(r.Context())
	if err != nil {
		return err
	}
	if ecosystem != "" {
		all := docs
		docs = nil
		for _, one := range all {
			if slices.Contains(one.Ecosystems, ecosystem) {
				docs = append(docs, one)
			}
		}
		if len(docs) == 0 { // and no name that nobody uses is remembered
			return cvd.ErrNotFound
		}
	}
	f, err := d.make("osv zip "+ecosystem, p.stamp, func(old *file) (*file, error) {
		b, err := d.pack(r.Context(), docs, old)
		if err != nil {
			return nil, err
		}
		return newFile(mediaZip, b, p.at), nil
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, true)
}

// pack makes the archive. What an earlier one holds unchanged is copied from it
// as it is, so that one more advisory does not compress ten thousand.
func (d *door) pack(ctx context.Context, docs []osvDoc, old *file) ([]byte, error) {
	had := packed(old)
	var fresh []cvd.AdvisoryID
	for _, one := range docs {
		if had[one.key()] == nil && (len(fresh) == 0 || fresh[len(fresh)-1] != one.of) {
			fresh = append(fresh, one.of)
		}
	}
	texts := map[string][]byte{}
	err := d.Register.Documents(ctx, fresh, osvName, func(doc register.Document) error {
		if doc.TLP.Public() {
			texts[doc.File] = doc.Bytes
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, one := range docs {
		if f := had[one.key()]; f != nil {
			err = z.Copy(f)
		} else if text := texts[one.file]; text != nil {
			err = add(z, one, text)
		}
		if err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return b.Bytes(), err
}

func add(z *zip.Writer, one osvDoc, text []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: one.file, Method: zip.Deflate, Modified: one.Modified.UTC(), Comment: one.sum})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(text))
	return err
}

func (o *osvDoc) key() string { return o.file + "\n" + o.sum }

// packed are the files of an archive that was made before.
func packed(old *file) map[string]*zip.File {
	if old == nil {
		return nil
	}
	z, err := zip.NewReader(bytes.NewReader(old.bytes), int64(len(old.bytes)))
	if err != nil {
		return nil
	}
	out := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		out[f.Name+"\n"+f.Comment] = f
	}
	return out
}
