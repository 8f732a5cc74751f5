package publish

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// file is something that was made of many advisories, ready to be sent. What
// compresses lies here compressed only, for some are large.
type file struct {
	media   string
	bytes   []byte
	zipped  bool // bytes are gzip, and the reader is meant to see what is in them
	etag    string
	changed time.Time
}

// newFile keeps b, compressed unless it is already.
func newFile(media string, b []byte, changed time.Time) *file {
	f := &file{media: media, bytes: b, etag: etagOf(b), changed: changed}
	if media != mediaZip {
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed) // a reader waits for it
		_, _ = w.Write(b)
		_ = w.Close()
		f.bytes, f.zipped = z.Bytes(), true
	}
	return f
}

func etagOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// part is the entries that one reading sees, and how far they are.
type part struct {
	entries []*register.Entry // newest first
	stamp   stamp
	at      time.Time // the latest of them came into the register
}

// stamp tells two states of a part apart.
type stamp struct {
	count int
	seq   int64
	by    advisory.Publisher
	since time.Time
	more  string
}

// shelf keeps what was made until its part changes: what is published under one
// label leaves the files of the others alone.
type shelf struct {
	mu    sync.Mutex
	gen   int64
	parts map[cvd.TLP]part
	made  map[string]*made
}

type made struct {
	mu    sync.Mutex
	stamp stamp
	file  *file
}

// of gathers the entries of the labels.
func (d *door) of(ctx context.Context, labels []cvd.TLP) (part, error) {
	gen, err := d.Register.Generation(ctx)
	if err != nil {
		return part{}, err
	}
	s := &d.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts == nil || s.gen != gen {
		all, err := d.Register.Entries(ctx)
		if err != nil {
			return part{}, err
		}
		parts := map[cvd.TLP]part{}
		for _, e := range all {
			p := parts[e.TLP]
			p.add(e)
			parts[e.TLP] = p
		}
		s.parts, s.gen = parts, gen
	}
	out := part{stamp: stamp{by: d.Publisher(), since: d.Since()}}
	if len(labels) == 1 {
		one := s.parts[labels[0]]
		one.stamp.by, one.stamp.since = out.stamp.by, out.stamp.since
		return one, nil
	}
	lists := make([][]*register.Entry, 0, len(labels))
	for _, t := range labels {
		p := s.parts[t]
		lists = append(lists, p.entries)
		out.stamp.count += p.stamp.count
		out.stamp.seq = max(out.stamp.seq, p.stamp.seq)
		if p.at.After(out.at) {
			out.at = p.at
		}
	}
	out.entries = merge(lists)
	return out, nil
}

func (p *part) add(e *register.Entry) {
	p.entries = append(p.entries, e)
	p.stamp.count++
	p.stamp.seq = max(p.stamp.seq, e.Seq)
	if e.At.After(p.at) {
		p.at = e.At
	}
}

// merge joins lists that are each newest first into one.
func merge(lists [][]*register.Entry) []*register.Entry {
	full := lists[:0]
	n := 0
	for _, l := range lists {
		if len(l) > 0 {
			full, n = append(full, l), n+len(l)
		}
	}
	if len(full) == 1 {
		return full[0]
	}
	out := make([]*register.Entry, 0, n)
	for len(out) < n {
		best := -1
		for i, l := range full {
			if len(l) > 0 && (best < 0 || l[0].Published.After(full[best][0].Published)) {
				best = i
			}
		}
		out, full[best] = append(out, full[best][0]), full[best][1:]
	}
	return out
}

// make returns the file of that name as the part has it, making it anew after
// the part changed. Readers who come meanwhile wait for the same file.
func (d *door) make(name string, s stamp, build func(old *file) (*file, error)) (*file, error) {
	d.shelf.mu.Lock()
	if d.shelf.made == nil {
		d.shelf.made = map[string]*made{}
	}
	m := d.shelf.made[name]
	if m == nil {
		m = &made{}
		d.shelf.made[name] = m
	}
	d.shelf.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file != nil && m.stamp == s {
		return m.file, nil
	}
	f, err := build(m.file)
	if err != nil {
		return nil, err
	}
	m.file, m.stamp = f, s
	return f, nil
}

// media types.
const (
	mediaJSON = "application/json"
	mediaZip  = "application/zip"
)

// send answers with a file: whole, or as unchanged, or a range of it.
func (d *door) send(w http.ResponseWriter, r *http.Request, f *file, open bool) error {
	h := w.Header()
	body, etag := f.bytes, f.etag
	if f.zipped && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		etag += "-gz"
	} else if f.zipped {
		z, err := gzip.NewReader(bytes.NewReader(f.bytes))
		if err != nil {
			return err
		}
		if body, err = io.ReadAll(z); err != nil {
			return err
		}
	}
	d.reply(w, r, f.media, etag, f.changed, body, open)
	return nil
}

// reply sends bytes. Every answer may be kept, and must be asked about each
// time: a document, its hash and the feed that names it change together. An
// instant within this second cannot tell two changes apart, so it is not sent.
func (d *door) reply(w http.ResponseWriter, r *http.Request, media, etag string, changed time.Time, body []byte, open bool) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("ETag", `"`+etag+`"`)
	h.Set("Cache-Control", "private, no-cache")
	if open {
		h.Set("Cache-Control", "public, no-cache")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "ETag, Last-Modified")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if d.Now().Sub(changed) < time.Second {
		changed = time.Time{}
	}
	http.ServeContent(w, r, "", changed, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" || name == "*" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// beside splits what lies beside a document from its name: a hash or the
// signature.
func beside(name string) (file, what string) {
	for _, suffix := range []string{".sha256", ".sha512", ".asc"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return base, suffix
		}
	}
	return name, ""
}

// sendDocument answers with a document, or with what lies beside it.
func (d *door) sendDocument(w http.ResponseWriter, r *http.Request, doc register.Document, name, what string) error {
	media, body, etag := doc.Media, doc.Bytes, doc.SHA256[:32]
	switch what {
	case ".sha256":
		media, body = "text/plain; charset=utf-8", fmt.Appendf(nil, "%s  %s\n", doc.SHA256, name)
	case ".sha512":
		media, body = "text/plain; charset=utf-8", fmt.Appendf(nil, "%s  %s\n", doc.SHA512, name)
	case ".asc":
		if len(doc.Signature) == 0 {
			return cvd.ErrNotFound
		}
		media, body = "application/pgp-signature", doc.Signature
	}
	if what != "" {
		etag = etagOf(body)
	}
	d.reply(w, r, media, etag, doc.At, body, doc.TLP.Public())
	return nil
}
