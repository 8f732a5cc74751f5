package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/may"
	"fairlead/internal/store"
)

// The most characters of what is typed beside a bill.
const (
	maxProduct = 200
	maxVersion = 100
	maxReason  = 1000
)

// Bill is the bill of materials of one version of a product, without its
// components.
type Bill struct {
	ID         string      `json:"id"`
	Product    string      `json:"product"`
	Version    string      `json:"version"`
	Format     string      `json:"format"` // such as "CycloneDX 1.6 JSON"
	File       string      `json:"file,omitempty"`
	Digest     string      `json:"digest"` // SHA-256 of the file, in hex
	Size       int64       `json:"size"`   // of the file, in bytes
	Components int         `json:"components"`
	Notes      []cvd.Fault `json:"notes,omitempty"` // what could not be kept as it stood
	At         time.Time   `json:"at"`
	By         string      `json:"by"` // the name of who added it
}

// Upload is a file and what it is the bill of.
type Upload struct {
	Product, Version string
	File             string // as the sender calls it
	Bytes            []byte
	// Wrong is what a door found wrong with it. Then nothing is added, and the
	// whole is told.
	Wrong cvd.Faults
}

// Added is what became of an upload.
type Added struct {
	Bill
	// Replaced is the bill that was in force before for this version; nil if
	// there was none.
	Replaced *Bill
	// Same tells that this very file was there already, so that nothing changed.
	Same bool
}

// Add reads a bill and puts it into force for its version, in place of the one
// before. Faults name the fields product, version and file. For leads and
// members, by token too.
func (v *Inventory) Add(ctx context.Context, by cvd.Actor, in Upload) (Added, error) {
	if err := enter(by, may.Change); err != nil {
		return Added{}, err
	}
	faults := intake.Join(in.Wrong, line(&in.Product, "product", maxProduct, "name the product as the policy does"))
	faults = intake.Join(faults, line(&in.Version, "version", maxVersion, "name the one version that the file is the bill of"))
	read, err := v.read(ctx, in.Bytes)
	if wrong, ok := errors.AsType[cvd.Faults](err); ok {
		faults = intake.Join(faults, wrong)
	} else if err != nil {
		return Added{}, err
	}
	if len(faults) > 0 {
		return Added{}, faults
	}
	id, err := v.Name()
	if err != nil {
		return Added{}, err
	}
	sum := sha256.Sum256(in.Bytes)
	bill := Bill{
		ID: id, Product: in.Product, Version: in.Version, Format: read.Format, File: intake.FileName(in.File), By: by.Name,
		Digest: hex.EncodeToString(sum[:]), Size: int64(len(in.Bytes)), Components: len(read.Components), Notes: read.Notes,
	}
	rec, err := v.Vault.Seal(store.Record{Kind: recordBill, ID: id, At: v.Now()}, pack(read.Components))
	if err != nil {
		return Added{}, err
	}
	var out Added
	err = v.change(ctx, by, func(x *index, now time.Time) (*planned, error) {
		out = Added{}
		bill.At = now
		bill.Product = x.spelling(bill.Product)
		p := &planned{event: event{head: head{Type: typeAdded, Bill: id}, body: body{Bill: &bill}}, record: &rec}
		if old := x.of(bill.Product, bill.Version); old != nil {
			if old.Digest == bill.Digest {
				out = Added{Bill: old.Bill, Same: true}
				return nil, nil
			}
			before := old.Bill
			out.Replaced, p.drop, p.event.head.Replaces = &before, old.ID, old.ID
		}
		out.Bill = bill
		return p, nil
	})
	return out, err
}

// read reads one bill at a time.
func (v *Inventory) read(ctx context.Context, b []byte) (*sbom.Bill, error) {
	select {
	case v.reading <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-v.reading }()
	return sbom.Read(b)
}

// line reads a field of one line that must be filled.
func line(s *string, field string, most int, remedy string) cvd.Faults {
	*s = strings.Join(strings.Fields(*s), " ")
	switch {
	case *s == "" || cvd.Blank(*s):
		return cvd.Faults{{Field: field, Problem: "is empty", Remedy: remedy}}
	case !utf8.ValidString(*s) || strings.ContainsFunc(*s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return cvd.Faults{{Field: field, Problem: "holds what cannot be printed", Remedy: "type it anew"}}
	case utf8.RuneCountInString(*s) > most:
		return cvd.Faults{{Field: field, Problem: fmt.Sprintf("is over %d characters", most), Remedy: "shorten it"}}
	}
	return nil
}

// Remove takes a bill out of force, for a reason that the history keeps. While the
// door found something wrong with the request, it only tells the whole.
func (v *Inventory) Remove(ctx context.Context, by cvd.Actor, id, reason string, wrong ...cvd.Fault) error {
	if err := enter(by, may.Change); err != nil {
		return err
	}
	if faults := intake.Join(wrong, line(&reason, "reason", maxReason, "say why it no longer holds")); len(faults) > 0 {
		return faults
	}
	return v.change(ctx, by, func(x *index, _ time.Time) (*planned, error) {
		bill := x.bills[id]
		if bill == nil {
			return nil, fmt.Errorf("%w: no such bill of materials", cvd.ErrNotFound)
		}
		gone := bill.Bill
		return &planned{event: event{head{Type: typeRemoved, Bill: id}, body{Bill: &gone, Reason: reason}}, drop: id}, nil
	})
}

// RecordContact writes down how a component's project is reached, whatever the
// bills say; an empty contact lets the bills speak again.
func (v *Inventory) RecordContact(ctx context.Context, by cvd.Actor, key string, contact sbom.Contact) error {
	if err := enter(by, may.Change); err != nil {
		return err
	}
	clean, whole := contact.Clean()
	if !whole {
		return wrongContact(contact)
	}
	return v.change(ctx, by, func(x *index, _ time.Time) (*planned, error) {
		p := x.byKey[key]
		if p == nil {
			return nil, fmt.Errorf("%w: no such component", cvd.ErrNotFound)
		}
		if x.recorded[key] == clean {
			return nil, nil
		}
		return &planned{event: event{head{Type: typeContact}, body{Component: key, Name: p.name, Contact: &clean}}}, nil
	})
}

func wrongContact(c sbom.Contact) cvd.Faults {
	var out cvd.Faults
	for _, one := range []struct {
		field, problem, remedy string
		part                   sbom.Contact
	}{
		{"name", "is over 300 characters", "shorten it", sbom.Contact{Name: c.Name}},
		{"email", "is no e-mail address of at most 254 characters", "write the bare address, such as security@example.org", sbom.Contact{Email: c.Email}},
		{"url", "is no address of the web of at most 500 characters", "write it with https://, without a password", sbom.Contact{URL: c.URL}},
	} {
		if _, whole := one.part.Clean(); !whole {
			out = append(out, cvd.Fault{Field: one.field, Problem: one.problem, Remedy: one.remedy})
		}
	}
	return out
}

// Bills lists the bills in force, by product and version.
func (v *Inventory) Bills(ctx context.Context, by cvd.Actor) ([]Bill, error) {
	x, done, err := v.look(ctx, by)
	if err != nil {
		return nil, err
	}
	defer done()
	out := make([]Bill, 0, len(x.bills))
	for _, b := range x.bills {
		out = append(out, b.Bill)
	}
	slices.SortFunc(out, func(a, b Bill) int { return x.bills[a.ID].rank - x.bills[b.ID].rank })
	return out, nil
}

// Change is one entry of the history.
type Change struct {
	At        time.Time     `json:"at"`
	Type      string        `json:"type"` // bill-added, bill-replaced, bill-removed, contact-recorded
	Actor     string        `json:"actor"`
	Who       string        `json:"who"`
	Bill      *Bill         `json:"bill,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Component string        `json:"component,omitempty"`
	Contact   *sbom.Contact `json:"contact,omitempty"`
}

// maxChanges is how much of the history is shown.
const maxChanges = 200

// Changes lists the latest of the history, newest first.
func (v *Inventory) Changes(ctx context.Context, by cvd.Actor) ([]Change, error) {
	x, done, err := v.look(ctx, by)
	if err != nil {
		return nil, err
	}
	defer done()
	out := slices.Clone(x.changes)
	slices.Reverse(out)
	return out, nil
}

// look opens the index for reading; done ends it.
func (v *Inventory) look(ctx context.Context, by cvd.Actor) (x *index, done func(), err error) {
	if err := enter(by, may.Look); err != nil {
		return nil, nil, err
	}
	if err := v.fresh(ctx); err != nil {
		return nil, nil, err
	}
	v.mu.RLock()
	return v.index, v.mu.RUnlock, nil
}
