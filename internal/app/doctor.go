package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fairlead/internal/app/config/exposure"
	"fairlead/internal/app/histories"
	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
)

// What a check of the house found.
type (
	Finding = histories.Finding
	Checked = histories.Checked
)

// histories checks, and with repair writes anew, what is derived from them.
func (h *House) histories(repair bool) histories.Checker {
	return histories.Checker{Store: h.Store, Vault: h.Vault, Terms: h.terms, Register: h.Register, Parts: h.Parts, Repair: repair, CVE: h.Config.CVE != nil && h.Config.CVE.Live}
}

// terms are those by which cases of a policy version run: with the calendar of
// today, and after it those of other versions, by which a row may still go that
// nothing moved since.
func (h *House) terms(number int) []deadline.Terms {
	v := h.Book.Version(number)
	if v == nil {
		return nil
	}
	var out []deadline.Terms
	if cur := h.Book.Current(); cur != nil {
		out = append(out, deadline.Terms{Policy: v.Policy, Calendar: cur.Calendar})
	}
	for n := 1; h.Book.Version(n) != nil; n++ {
		out = append(out, deadline.Terms{Policy: v.Policy, Calendar: h.Book.Version(n).Calendar})
	}
	return out
}

// CheckHistories opens every event of every case, holds it against its leaf,
// adds the history up and holds the sum against the queue's row. With repair it
// writes rows anew that differ: they are a cache of the history. The histories of the
// policy, of what is published and of the bills of materials are held against their
// leaves too, with what refers to them.
func (h *House) CheckHistories(ctx context.Context, repair bool) (Checked, error) {
	return h.histories(repair).All(ctx)
}

// orphans counts the files that no case names, and with repair removes them.
// The data folder is held, so no upload is under way.
func (h *House) orphans(ctx context.Context, named map[string]bool, repair bool) (int, error) {
	var left []string
	err := h.Blobs.List(ctx, func(name string, _ int64) error {
		if !named[name] {
			left = append(left, name)
		}
		return nil
	})
	if err != nil || !repair {
		return len(left), err
	}
	for _, name := range left {
		if err := h.Blobs.Delete(ctx, name); err != nil {
			return len(left), err
		}
	}
	return 0, nil
}

// Doctor looks at everything that can be looked at without a network.
func (h *House) Doctor(ctx context.Context, repair bool) (Checked, error) {
	out, err := h.CheckHistories(ctx, repair)
	if err != nil {
		return out, err
	}
	add := func(what, where, text string) {
		out.Findings = append(out.Findings, Finding{What: what, Where: where, Text: text})
	}
	if err := h.Ready(ctx); err != nil {
		add("fault", "readiness", err.Error())
	}
	if s, err := h.Outbox.Status(ctx); err != nil {
		return out, err
	} else if s.Dead > 0 {
		add("fault", "outbox", h.Words.In("en").Say("alarm.outbox-dead", "count", s.Dead)+"; look at the outbox on the desk")
	}
	if have, want, err := h.strength(ctx); err != nil {
		return out, err
	} else if have < want {
		add("warning", "team", fmt.Sprintf("active members: %d; the policy asks for %d", have, want))
	}
	if rev, ok := h.Book.Review(); ok && rev.Overdue {
		add("fault", "policy", "its review has been overdue since "+rev.Due.Format("2006-01-02"))
	}
	if base := h.Base(); base != "" && !strings.HasPrefix(base, "https:") {
		add("warning", "publish", "the public address is not https: advisories are not published as CSAF or OpenVEX; set public_url in the policy")
	}
	for _, f := range exposure.Of(&h.Config) {
		add(f.What, f.Field, f.Text())
	}
	if h.keyBesideData() {
		add("warning", "keys", "the key file lies beside the database: whoever copies the folder has both; set keys.file to another disk")
	}
	if err := h.Config.SignIn.Breached.Check(); err != nil {
		add("fault", "sign_in.breached_passwords", err.Error()+"; until it is put right no password can be set")
	}
	if err := h.CheckRecovery(ctx); errors.Is(err, cvd.ErrNotFound) {
		add("warning", "keys", "there is no recovery identity: when the key file is lost, everything is; start the server once in a terminal, which shows one")
	} else if errors.Is(err, errRecovery) {
		add("fault", "keys", err.Error())
	} else if err != nil {
		return out, err
	}
	mail, err := h.Inbox.Files(ctx)
	if err != nil {
		return out, err
	}
	for _, name := range mail {
		out.Files[name] = true
	}
	orphans, err := h.orphans(ctx, out.Files, repair)
	if err != nil {
		return out, err
	}
	if orphans > 0 {
		add("warning", "files", fmt.Sprintf("files that belong to no case, left over from uploads that did not finish: %d", orphans))
	}
	return out, nil
}
