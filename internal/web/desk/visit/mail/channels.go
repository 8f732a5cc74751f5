package mail

import (
	"net/http"
	"time"

	"fairlead/internal/inbox/channels"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

// channelsView is how the ways in and out are doing.
type channelsView struct {
	Rows []channelView
	Done string
	Test bool // the reader may send a test
}

type channelView struct {
	Name, Title, What string
	State             web.Badge
	Loud              bool
	Server, Testable  bool
	Message, Tested   time.Time
	Took              string
	Sent              time.Time // of a test that has not arrived
	Backlog           string
	Untestable        string // why
	Error             string
	Failed            time.Time
	Past              bool // what went wrong is over
}

// looks of a channel's states.
var channelLooks = map[channels.State]string{
	channels.Dead: "alarm", channels.Failing: "alarm", channels.Closed: "warn", channels.Testing: "info", channels.Works: "good", channels.Quiet: "quiet",
}

func (d *desk) channels(w http.ResponseWriter, r *http.Request, v lens) error {
	all, err := d.Site.Channels.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	view := channelsView{Test: may.Enter(v.Actor, may.AreaMail) == may.Change}
	if id := "desk.channels.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	for i := range all {
		view.Rows = append(view.Rows, v.channel(&all[i]))
	}
	return d.Show(w, r, v.Visit, http.StatusOK, "channels", v.Say("desk.channels.title"), view)
}

func (v lens) channel(c *channels.Channel) channelView {
	state := c.State(v.Now)
	out := channelView{
		Name: c.Name, Title: c.Name, What: v.Say("desk.channels.kind." + c.Kind), Server: c.Server, Testable: c.Testable,
		State: web.Badge{Kind: channelLooks[state], Text: v.Say("desk.channels.state." + string(state))}, Loud: state == channels.Dead || state == channels.Failing,
		Message: c.Message, Tested: c.Tested, Failed: c.Failed, Past: c.Past(),
	}
	if c.Took > 0 {
		out.Took = v.took(c.Took)
	}
	if c.Sent.After(c.Tested) {
		out.Sent = c.Sent
	}
	if c.Backlog > 0 {
		out.Backlog = v.Counted(c.Backlog)
	}
	if c.Untestable != "" {
		out.Untestable = v.Say(c.Untestable)
	}
	if out.Error = c.Error; v.Voice.Has(c.Error) {
		out.Error = v.Say(c.Error)
	}
	return out
}

// took is how long a test was on its way.
func (v lens) took(d time.Duration) string {
	if d < time.Second {
		return v.Say("desk.channels.instant")
	}
	if d < 2*time.Minute {
		return v.Say("desk.channels.seconds", "count", int(d.Round(time.Second)/time.Second))
	}
	return v.Span(d)
}

func (d *desk) test(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := d.Site.Channels.Test(r.Context(), v.Actor, r.PostForm.Get("channel")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/channels?done=sent")
}
