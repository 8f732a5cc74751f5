package histories

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/store"
)

// streams goes through the names of all histories: those that belong to no case are
// held against their leaves, and the others must have one.
func (c Checker) streams(ctx context.Context, out *Checked) error {
	for after := ""; ; {
		var names []string
		err := c.Store.View(ctx, func(tx store.Tx) error {
			var err error
			names, err = tx.Streams(after, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := c.stream(ctx, name, out); err != nil {
				return err
			}
		}
		if len(names) < page {
			return nil
		}
		after = names[len(names)-1]
	}
}

func (c Checker) stream(ctx context.Context, name string, out *Checked) error {
	if strings.HasPrefix(name, "@") {
		if name == register.Stream {
			return nil // see rooms
		}
		return c.walk(ctx, name, out)
	}
	return c.Store.View(ctx, func(tx store.Tx) error {
		_, err := tx.Case(cvd.CaseID(name))
		if errors.Is(err, cvd.ErrNotFound) {
			out.Findings = append(out.Findings, Finding{"fault", name, "it has a history, but its row is gone, and its key with it; restore a backup"})
			return nil
		}
		return err
	})
}

// walk opens every event of a history without a case. Their words are never
// dropped, so each must open and match its leaf, and none may be missing. That the
// last ones are gone shows only in what refers to them.
func (c Checker) walk(ctx context.Context, name string, out *Checked) error {
	key := c.Vault.Stream(name)
	fault := func(format string, args ...any) {
		out.Findings = append(out.Findings, Finding{"fault", name, fmt.Sprintf(format, args...) + "; restore a backup"})
	}
	for seq := int64(0); ; {
		var rows []store.Event
		err := c.Store.View(ctx, func(tx store.Tx) error {
			var err error
			rows, err = tx.Events(name, seq, page)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if seq++; row.Seq != seq {
				fault("event %d is missing", seq)
				seq = row.Seq
			}
			if _, err := key.OpenEvent(row); err != nil {
				fault("event %d: %v", row.Seq, err)
				continue
			}
			out.Events++
		}
		if len(rows) < page {
			return nil
		}
	}
}

// rooms adds what the register and the inventory find: they hold what was published,
// and the bills in force, against their histories.
func (c Checker) rooms(ctx context.Context, out *Checked) error {
	v, err := c.Register.Verify(ctx)
	if err != nil {
		return err
	}
	out.Events += v.Events
	out.Published = v.Events
	for _, text := range v.Faults {
		out.Findings = append(out.Findings, Finding{"fault", "advisories", text})
	}
	bills, err := c.Parts.Verify(ctx)
	for _, text := range bills {
		out.Findings = append(out.Findings, Finding{"fault", parts.Stream, text})
	}
	return err
}
