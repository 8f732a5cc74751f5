package office

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/invite"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// listed is how many notices or entries a page shows.
const listed = 100

// outboxView is what was or will be told.
type outboxView struct {
	Tabs  []visit.Tab
	Rows  []noticeView
	State string
	Retry bool
	Done  string
	// First leads back to the newest, and Next on; empty where there is nothing.
	First, Next string
}

type noticeView struct {
	Key, Case, What, To string
	State               web.Badge
	Dead                bool
	At, Sent            time.Time
	Attempts            int
	Text                string
}

var effectStates = []casework.EffectState{casework.EffectDead, casework.EffectPending, casework.EffectDone}

var effectLooks = map[casework.EffectState]string{
	casework.EffectDead: "alarm", casework.EffectPending: "info", casework.EffectDone: "good",
}

func (d *desk) outbox(w http.ResponseWriter, r *http.Request, v lens) error {
	view := outboxView{Retry: may.Enter(v.Actor, may.AreaOutbox) == may.Change, State: "all"}
	view.Tabs = append(view.Tabs, visit.Tab{ID: "all", Text: v.Say("desk.outbox.all"), Link: "/desk/outbox"})
	var state casework.EffectState
	for _, one := range effectStates {
		here := r.URL.Query().Get("state") == string(one)
		if here {
			state, view.State = one, string(one)
		}
		view.Tabs = append(view.Tabs, visit.Tab{ID: string(one), Text: v.Say("desk.effect." + string(one)), Link: "/desk/outbox?state=" + string(one), Here: here})
	}
	view.Tabs[0].Here = state == ""
	sent, next, err := d.Site.Desk.As(v.Actor).Outbox(r.Context(), state, readEffectCursor(r.URL.Query().Get("after")), listed)
	if err != nil {
		return err
	}
	page := func(q url.Values) string {
		if state != "" {
			q.Set("state", string(state))
		}
		return "/desk/outbox?" + q.Encode()
	}
	if r.URL.Query().Get("after") != "" {
		view.First = page(url.Values{})
	}
	if next != nil {
		view.Next = page(url.Values{"after": {next.At.UTC().Format(time.RFC3339Nano) + "~" + next.Key}})
	}
	for i := range sent {
		view.Rows = append(view.Rows, v.notice(&sent[i]))
	}
	if r.URL.Query().Get("done") == "retry" {
		view.Done = v.Say("desk.outbox.retried")
	}
	return d.show(w, r, v, http.StatusOK, "outbox", v.Say("desk.outbox.title"), view)
}

// readEffectCursor is where a page starts; what makes no sense is the first one.
func readEffectCursor(s string) *casework.EffectCursor {
	at, key, ok := strings.Cut(s, "~")
	t, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil {
		return nil
	}
	return &casework.EffectCursor{At: t, Key: key}
}

func (l lens) notice(c *casework.Carried) noticeView {
	v := noticeView{
		Key: c.Key, Case: string(c.Case), At: c.At, Sent: c.Done, Attempts: c.Attempts, Text: c.Text, Dead: c.State == casework.EffectDead,
		State: web.Badge{Kind: effectLooks[c.State], Text: l.Say("desk.effect." + string(c.State))},
	}
	v.What = c.Template
	for _, id := range []string{"event." + c.Template + ".team", "desk.notice." + c.Template} {
		if l.Voice.Has(id) {
			v.What = l.Say(id, "clock", "", "until", "", "to", "", "outcome", "", "score", "", "file", "", "verb", "")
			v.What = strings.TrimRight(v.What, " :,.")
		}
	}
	if c.Kind == cvd.EffectSortMail {
		v.What = l.Say("desk.notice.sort-mail")
		return v
	}
	if c.Kind == invite.Effect {
		v.What = l.Say("desk.notice.invite")
	}
	if id, ok := strings.CutPrefix(c.To, "member/"); ok {
		v.To = l.Member(id)
	} else if v.To = c.To; l.Voice.Has("desk.to." + c.To) {
		v.To = l.Say("desk.to." + c.To)
	}
	return v
}

func (d *desk) retry(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := d.Site.Desk.As(v.Actor).Retry(r.Context(), r.PostForm.Get("key")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/outbox?done=retry")
}

// auditView is the log of sign-ins and of changes to the team.
type auditView struct{ Rows []auditRow }

type auditRow struct {
	auth.AuditEntry
	Who, What, Whom string
	Loud            bool
}

// loud are the acts that somebody may have done who should not.
var loud = []auth.Act{auth.ActSignInFailed, auth.ActSignInLimited, auth.ActFactorFailed, auth.ActPasskeyFailed, auth.ActPasskeyCopied, auth.ActReset}

func (d *desk) audit(w http.ResponseWriter, r *http.Request, v lens) error {
	entries, err := d.Site.Auth.Audit(r.Context(), v.Actor, 2*listed)
	if err != nil {
		return err
	}
	var view auditView
	for _, e := range entries {
		row := auditRow{AuditEntry: e, Who: v.Who(e.By), What: v.Say("desk.audit." + string(e.Act))}
		if e.Subject != "" {
			row.Whom = v.Member(e.Subject)
		}
		row.Loud = slices.Contains(loud, e.Act)
		view.Rows = append(view.Rows, row)
	}
	return d.show(w, r, v, http.StatusOK, "audit", v.Say("desk.audit.title"), view)
}
