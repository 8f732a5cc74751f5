// Package histories holds every case against its history: each event against
// its leaf, the sum of the events against the queue's row, and each key that is
// gone against what says so; and every history that is no case's against its leaves.
//
// It never decides about a case and never writes an event. What it can write
// anew are rows, since they are a cache of the history.
package histories

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Finding is one thing that a check of the house found.
type Finding struct {
	What  string `json:"what"` // ok, warning, fault
	Where string `json:"where"`
	Text  string `json:"text"`
}

// Checked is what a check of all histories found.
type Checked struct {
	Cases   int `json:"cases"`
	Events  int `json:"events"`
	Erased  int `json:"erased"`
	Rebuilt int `json:"rebuilt"`
	// Published is how many of the events are revisions of advisories.
	Published int       `json:"published"`
	Findings  []Finding `json:"findings"`

	Files map[string]bool `json:"-"` // blobs that some case names
}

// Checker checks one house.
type Checker struct {
	Store store.Store
	Vault *vault.Vault
	// Terms are those by which cases of the policy version run: first with the
	// calendar of today, then with earlier ones, which a row may still go by.
	Terms func(policy int) []deadline.Terms
	// Register and Parts check what is theirs.
	Register *register.Register
	Parts    *parts.Inventory
	// Repair lets rows be written anew that differ from their history.
	Repair bool
	// CVE says that this house speaks to the CVE Programme, and not only in dry runs.
	CVE bool
}

const page = 200

// All checks every case, and every history for its case.
func (c Checker) All(ctx context.Context) (Checked, error) {
	out := Checked{Findings: []Finding{}, Files: map[string]bool{}}
	f := store.Filter{Sort: store.ByCreated, Limit: page}
	for {
		var rows []store.Case
		open := map[cvd.CaseID]bool{}
		err := c.Store.View(ctx, func(tx store.Tx) error {
			var err error
			if rows, err = tx.Cases(f); err != nil || len(rows) == 0 {
				return err
			}
			ids := store.Filter{IDs: []cvd.CaseID{}, Open: true, Sort: store.ByCreated, Limit: page}
			for _, row := range rows {
				ids.IDs = append(ids.IDs, row.ID)
			}
			listed, err := tx.Cases(ids)
			for _, row := range listed {
				open[row.ID] = true
			}
			return err
		})
		if err != nil {
			return out, err
		}
		for _, row := range rows {
			if err := c.one(ctx, row, open[row.ID], &out); err != nil {
				return out, err
			}
		}
		if len(rows) < f.Limit {
			return out, errors.Join(c.streams(ctx, &out), c.rooms(ctx, &out))
		}
		last := rows[len(rows)-1]
		f.After = &store.Cursor{At: last.Created, ID: last.ID}
	}
}

// file is one case as it was found.
type file struct {
	row    store.Case
	open   bool // listed among those that are not closed
	rows   []store.Event
	people []store.Key
	gone   map[string]bool // names of erasures that are recorded under seal
	key    *vault.Key
	sum    *cvd.Case
	// silent are the events whose words are gone, told those for which a later
	// event says so.
	silent []int64
	told   map[int64]bool
}

// read gathers what there is about the case of the row.
func (c Checker) read(ctx context.Context, row store.Case) (*file, error) {
	f := &file{row: row, gone: map[string]bool{}, told: map[int64]bool{}, sum: &cvd.Case{}}
	err := c.Store.View(ctx, func(tx store.Tx) error {
		var err, err2, err3 error
		var recs []store.Record
		f.rows, err = tx.Events(string(row.ID), 0, math.MaxInt32)
		f.people, err2 = tx.Keys(row.ID)
		recs, err3 = tx.Records(vault.RecordErasure, string(row.ID), math.MaxInt32)
		for _, rec := range recs {
			if c.Vault.Erased(rec) {
				f.gone[rec.ID] = true
			}
		}
		return errors.Join(err, err2, err3)
	})
	return f, err
}

// add adds the history up, or says why it does not add up.
func (f *file) add() string {
	if len(f.rows) == 0 {
		return "it has a row, but no history; restore a backup"
	}
	for i, r := range f.rows {
		if r.Seq != int64(i+1) {
			return fmt.Sprintf("event %d is missing; restore a backup", i+1)
		}
		ev, err := f.key.OpenCaseEvent(r)
		if err != nil {
			return fmt.Sprintf("event %d: %v", r.Seq, err)
		}
		if err := f.sum.Apply(ev); err != nil {
			return fmt.Sprintf("event %d does not follow from those before: %v", r.Seq, err)
		}
		if ev.Body == nil {
			f.silent = append(f.silent, r.Seq)
		} else if ev.Redacts > 0 {
			f.told[ev.Redacts] = true
		}
	}
	return ""
}

func (c Checker) one(ctx context.Context, row store.Case, open bool, out *Checked) error {
	out.Cases++
	fault := func(format string, args ...any) {
		out.Findings = append(out.Findings, Finding{"fault", string(row.ID), fmt.Sprintf(format, args...)})
	}
	f, err := c.read(ctx, row)
	if err != nil {
		return err
	}
	f.open = open
	switch f.key, err = c.Vault.Case(row); {
	case errors.Is(err, vault.ErrErased):
		out.Erased++
		if !f.gone[vault.ErasureID(store.KeyRef{Case: row.ID, Kind: store.KeyCase})] {
			fault("its key is gone, but no erasure is recorded; restore a backup")
		}
	case err != nil:
		fault("the case's key cannot be opened: %v", err)
		return nil
	}
	if why := f.add(); why != "" {
		fault("%s", why)
		return nil
	}
	out.Events += len(f.rows)
	if f.key != nil {
		for _, why := range f.missing(out) {
			fault("%s", why)
		}
	}
	return errors.Join(c.rehearsed(ctx, f, out), c.compare(ctx, f, out))
}

// missing tells which keys are gone although nothing says that they were
// dropped, and notes the files that are named.
func (f *file) missing(out *Checked) (faults []string) {
	for _, seq := range f.silent {
		if !f.told[seq] && !f.gone[vault.ErasureID(store.KeyRef{Case: f.row.ID, Kind: store.KeyBody, Seq: seq})] {
			faults = append(faults, fmt.Sprintf("the words of event %d are gone, but no redaction is recorded; restore a backup", seq))
		}
	}
	var evs []cvd.Event
	for _, r := range f.rows {
		if ev, err := f.key.OpenCaseEvent(r); err == nil {
			evs = append(evs, ev)
		}
	}
	if err := f.key.Mails(f.people).Open(evs); err != nil {
		faults = append(faults, "a mail cannot be opened with its key")
	}
	for i := range evs {
		for _, name := range post.Blobs(&evs[i]) {
			out.Files[name] = true
		}
	}
	for _, p := range f.sum.Participants {
		if p.ContactBox == nil || slices.ContainsFunc(f.people, func(k store.Key) bool { return k.Name == string(p.ID) }) {
			continue
		}
		forgotten := false
		for id := range f.gone {
			forgotten = forgotten || strings.HasPrefix(id, fmt.Sprintf("%s/contact/%s/", f.row.ID, p.ID))
		}
		if !forgotten {
			faults = append(faults, fmt.Sprintf("the key of the %s's contact is gone, but no forgetting is recorded; restore a backup", p.ID))
		}
	}
	if err := f.key.OpenContacts(f.sum.Clone(), f.people); err != nil {
		faults = append(faults, "a contact cannot be opened with its key")
	}
	return faults
}

// Rebuild writes the row of one case anew where it differs from its history.
func (c Checker) Rebuild(ctx context.Context, id cvd.CaseID) error {
	var row store.Case
	err := c.Store.View(ctx, func(tx store.Tx) error {
		var err error
		row, err = tx.Case(id)
		return err
	})
	if err != nil {
		return err
	}
	f, err := c.read(ctx, row)
	if err != nil {
		return err
	}
	if f.key, err = c.Vault.Case(row); err != nil && !errors.Is(err, vault.ErrErased) {
		return err
	}
	if why := f.add(); why != "" {
		return nil // the check tells of it
	}
	f.open = row.RM != cvd.RMClosed
	c.Repair = true
	return c.compare(ctx, f, &Checked{})
}

// compare holds the row against what its history adds up to.
func (c Checker) compare(ctx context.Context, f *file, out *Checked) error {
	terms := c.Terms(f.sum.Policy)
	if len(terms) == 0 {
		return fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, f.sum.Policy)
	}
	what := f.columns(terms)
	if f.key != nil {
		state, err := f.key.OpenState(f.row.Sealed)
		switch {
		case err != nil:
			what = append(what, "what is sealed in it cannot be opened")
		case state.Version > f.sum.Version:
			out.Findings = append(out.Findings, Finding{"fault", string(f.row.ID), fmt.Sprintf("the last %d of its events are missing; restore a backup", state.Version-f.sum.Version)})
			return nil
		default:
			f.keepContact(state)
			if normal(state) != normal(f.sum) {
				what = append(what, "what is sealed in it")
			}
		}
	}
	if len(what) == 0 {
		return nil
	}
	text := "its row does not agree with its history: " + strings.Join(what, ", ")
	if !c.Repair {
		out.Findings = append(out.Findings, Finding{"fault", string(f.row.ID), text + "; fairlead doctor --repair writes it anew"})
		return nil
	}
	fresh := vault.Columns(f.sum, deadline.Wake(f.sum, terms[0]))
	fresh.Sealed = f.row.Sealed
	if f.key != nil {
		var err error
		if fresh.Sealed, err = f.key.SealState(f.sum); err != nil {
			return err
		}
	}
	out.Rebuilt++
	out.Findings = append(out.Findings, Finding{"warning", string(f.row.ID), text + "; it was written anew"})
	return c.Store.Update(ctx, func(tx store.Tx) error { return tx.PutCase(fresh, f.row.Version) })
}

// keepContact carries the contact over that came with words which a restore
// dropped again: only the row still holds it, and it was not to go with them.
func (f *file) keepContact(state *cvd.Case) {
	p, q := f.sum.Participant(cvd.Reporter), state.Participant(cvd.Reporter)
	if p != nil && q != nil && p.ContactBox == nil && slices.Contains(f.silent, f.sum.Sources.Contact) {
		p.ContactBox = q.ContactBox
	}
}

// columns names the open columns that differ from the history.
func (f *file) columns(terms []deadline.Terms) (differ []string) {
	row := f.row
	want := vault.Columns(f.sum, row.Wake)
	row.Sealed, row.Key, row.KEK = nil, nil, ""
	a, b := reflect.ValueOf(row), reflect.ValueOf(want)
	for i := range a.NumField() {
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		if t, ok := x.(time.Time); ok {
			x, y = micros(t), micros(y.(time.Time))
		}
		if !reflect.DeepEqual(x, y) {
			differ = append(differ, strings.ToLower(a.Type().Field(i).Name))
		}
	}
	if !slices.ContainsFunc(terms, func(t deadline.Terms) bool { return micros(deadline.Wake(f.sum, t)) == micros(row.Wake) }) {
		differ = append(differ, "wake")
	}
	if f.open == (f.sum.RM() == cvd.RMClosed) {
		differ = append(differ, "closed")
	}
	return differ
}

// micros is an instant as rows hold it.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixMicro()
}

// normal brings instants and empty lists into the form they have after storage.
func normal(c *cvd.Case) string {
	d := *c.Clone()
	for i := range d.Participants {
		d.Participants[i].Contact = nil
	}
	utc := func(t *time.Time) { *t = t.UTC() }
	utc(&d.Created)
	utc(&d.Updated)
	utc(&d.Accepted)
	for i := range d.Clocks {
		k := &d.Clocks[i]
		for _, t := range []*time.Time{&k.Started, &k.Since, &k.Due, &k.Expected, &k.Warned, &k.Breached, &k.Met, &k.Stopped, &k.Paused} {
			utc(t)
		}
	}
	b, _ := json.Marshal(d) // as it is stored: an empty list and none are one there
	return string(b)
}
