package office

import (
	"net/http"
	"net/url"
	"strings"
	"time"

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
	if id := "desk.notice." + string(c.Kind); l.Voice.Has(id) { // a letter that is about no case
		v.What = l.Say(id)
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
