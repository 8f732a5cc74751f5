// Package trail is the page of the desk that tells who did what beside the cases: sign-ins,
// changes to the team and to the policy, and who looked at which case or mail.
//
// It never shows a word of a case, and has no way to change or to take away an entry.
package trail

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// listed is how many entries a page shows.
const listed = 100

type desk struct{ *visit.Desk }

// lens is the visit as this folder reads it.
type lens struct{ *visit.Visit }

// Routes lists the address of this part.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	return []visit.Route{{
		Pattern: "GET /desk/audit", Area: may.AreaAudit, Use: may.Look,
		Do: func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return d.audit(w, r, lens{v}) },
	}}
}

// auditView is the log of sign-ins and of changes to the team, and of looks.
type auditView struct {
	Rows        []auditRow
	Fields      []web.Field
	Summary     *web.Summary
	Sought      bool
	Lookless    bool
	First, Next string
}

type auditRow struct {
	auth.AuditEntry
	Who, What, Whom string
	Of, Link        string // what was looked at
	Loud            bool
}

// loud are the acts that somebody may have done who should not.
var loud = []auth.Act{auth.ActSignInFailed, auth.ActSignInLimited, auth.ActFactorFailed, auth.ActPasskeyFailed, auth.ActPasskeyCopied, auth.ActReset}

func (d *desk) audit(w http.ResponseWriter, r *http.Request, v lens) error {
	s := v.siftOf(r.URL.Query())
	rows, next, err := d.sifted(r, v, &s)
	if err != nil {
		return err
	}
	view := auditView{Rows: rows, Fields: v.fields(&s), Sought: s.any(), Lookless: s.lookless}
	status := http.StatusOK
	if len(s.faults) > 0 {
		status = http.StatusUnprocessableEntity
		view.Summary = web.Summarise(v.Say("desk.faults"), view.Fields, nil)
	}
	page := func(after string) string {
		q := s.query()
		if after != "" {
			q.Set("after", after)
		}
		return strings.TrimSuffix("/desk/audit?"+q.Encode(), "?")
	}
	if r.URL.Query().Get("after") != "" {
		view.First = page("")
	}
	if next != "" {
		view.Next = page(next)
	}
	return d.Show(w, r, v.Visit, status, "audit", v.Say("desk.audit.title"), view)
}

func (l lens) auditRow(e *auth.AuditEntry) auditRow {
	row := auditRow{AuditEntry: *e, Who: l.Who(e.By), What: l.Say("desk.audit." + string(e.Act))}
	if kind, _, _ := strings.Cut(e.By, "/"); kind == "" || kind == string(cvd.ActorStranger) {
		row.Who = l.Say("desk.audit.unknown") // who did not get in is nobody's reporter
	}
	if e.Subject != "" {
		row.Whom = l.Member(e.Subject)
	}
	row.Detail = l.detail(e.Detail)
	row.Loud = slices.Contains(loud, e.Act)
	return row
}

// detail says what an entry recorded of a change, in the reader's words. What it does
// not know stays as it was written.
func (l lens) detail(recorded string) string {
	if recorded == "" {
		return ""
	}
	var out []string
	for part := range strings.SplitSeq(recorded, "; ") {
		out = append(out, l.detailPart(part))
	}
	return strings.Join(out, "; ")
}

func (l lens) detailPart(part string) string {
	if id := "desk.audit.detail." + strings.NewReplacer(": ", ".", ", ", "-", " ", "-").Replace(part); l.Voice.Has(id) {
		return l.Say(id)
	}
	if at, ok := strings.CutPrefix(part, "until "); ok {
		if t, err := time.Parse(time.RFC3339, at); err == nil {
			return l.Say("desk.audit.detail.until", "when", l.Voice.Instant(t, l.Zone))
		}
	}
	if n, ok := strings.CutSuffix(part, " more were not recorded one by one"); ok {
		return l.Say("desk.audit.detail.more", "n", n)
	}
	for what, names := range map[string]string{"roles: ": "desk.role.", "scopes: ": "scope.", "offices: ": "-"} {
		list, ok := strings.CutPrefix(part, what)
		if !ok {
			continue
		}
		each := strings.Split(list, ", ")
		for i, one := range each {
			if id := names + strings.ReplaceAll(one, ":", "."); l.Voice.Has(id) {
				each[i] = l.Say(id)
			}
		}
		return l.Say("desk.audit.detail.list."+strings.TrimSuffix(what, ": "), "list", strings.Join(each, ", "))
	}
	if who, ok := strings.CutPrefix(part, "provider "); ok {
		name, why, refused := strings.Cut(who, ": ")
		if id := "provider.failed." + why; refused && l.Voice.Has(id) {
			why = l.Say(id, "name", name)
		}
		said := l.Say("desk.audit.detail.provider", "name", name)
		if refused {
			said += ": " + why
		}
		return said
	}
	return part
}
