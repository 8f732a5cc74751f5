package thread

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// releaseView is what a reporter knows of an advisory.
type releaseView struct {
	ID        string
	Link      string // to its page; empty where there is none, or not for everybody
	Scheduled time.Time
	Revision  int
	Published time.Time
	Withdrawn bool
	CVEs      []string
	Asked     bool // to check the fix
	// What was typed and refused:
	Outcome, Text string
}

// release is nil where there is nothing to tell.
func (p *pub) release(ctx context.Context, c *cvd.Case) *releaseView {
	r := c.Release
	v := &releaseView{Scheduled: r.At, Revision: r.Revision, Published: r.First, Withdrawn: r.Withdrawn, Asked: r.Check == cvd.CheckOffered}
	if !r.Told.IsZero() || r.Revision > 0 {
		v.ID = string(r.Advisory)
	}
	if r.Revision > 0 && p.Site.Register != nil {
		if e, err := p.Site.Register.Entry(ctx, r.Advisory); err == nil && e.TLP.Public() {
			v.Link = "/advisories/" + url.PathEscape(v.ID)
		}
	}
	for _, one := range c.CVEs {
		if one.ID != "" {
			v.CVEs = append(v.CVEs, one.ID+" ("+p.Say("cve."+string(one.State))+")")
		}
	}
	if v.Scheduled.IsZero() && v.Revision == 0 && len(v.CVEs) == 0 && !v.Asked {
		return nil
	}
	return v
}

// checked takes what the reporter found when they checked the fix.
func (p *pub) checked(w http.ResponseWriter, r *http.Request) error {
	a, err := p.ask(r)
	if err != nil {
		return err
	}
	outcome, typed := a.said("outcome"), a.said("check")
	text, err := intake.Message("text", typed, intake.MaxMessage)
	if err == nil && outcome == "" {
		err = cvd.Faults{{Field: p.Say("public.check.question"), Problem: p.Say("public.check.missing"), Remedy: p.Say("public.check.missing.remedy")}}
	}
	if err == nil {
		_, err = p.do(r, a, cvd.VerbCheckResult, cvd.Input{Outcome: outcome, Text: text})
	}
	if err != nil {
		return p.refuse(w, r, a, err)
	}
	return p.onward(w, r, a, "checked", a.id, "check", "outcome")
}
