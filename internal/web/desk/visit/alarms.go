package visit

import (
	"net/http"
	"strings"

	"fairlead/internal/may"
	"fairlead/internal/web"
)

// alarms are what everybody concerned must see: those whose page is open to the reader.
// What is wrong is found by whoever built the site.
func (d *Desk) alarms(r *http.Request, v *Visit) []web.Notice {
	var out []web.Notice
	if d.Site.SecondFactor == web.SecondOptional && !v.Session.Second && !v.Session.Strong && r.URL.Path == Home(v.Actor) {
		out = append(out, web.Notice{Kind: "info", Title: v.Say("desk.second.nudge"), Href: "/desk/me", Label: v.Say("desk.second.nudge.link")})
	}
	if d.Site.Book.Current() == nil && may.Enter(v.Actor, may.AreaPolicy) >= may.Look {
		out = append(out, web.Notice{Kind: "alarm", Title: v.Say("desk.alarm.no-policy"), Href: "/desk/policy", Label: v.Say("desk.alarm.no-policy.link")})
	}
	if d.Site.Alarms == nil {
		return out
	}
	for _, n := range d.Site.Alarms(r) {
		if may.Enter(v.Actor, areaOf(n.Href)) >= may.Look {
			out = append(out, n)
		}
	}
	return out
}

// areaOf is the part of the desk that an alarm leads to. One that leads
// nowhere is for those who work cases.
func areaOf(href string) may.Area {
	for _, one := range []struct {
		path string
		area may.Area
	}{{"/desk/policy", may.AreaPolicy}, {"/desk/team", may.AreaTeam}, {"/desk/outbox", may.AreaOutbox}, {"/desk/audit", may.AreaAudit}, {"/desk/mail", may.AreaMail}, {"/desk/channels", may.AreaMail}} {
		if strings.HasPrefix(href, one.path) {
			return one.area
		}
	}
	return may.AreaOutbox
}

// said are the alarms that a page says in full: all of them where the desk begins, and
// elsewhere those that the page is about. An alarm does not lead to where it stands.
func said(all []web.Notice, path string, v *Visit) (out []web.Notice) {
	for _, n := range all {
		if path != Home(v.Actor) && (n.Href == "" || !under(path, n.Href)) {
			continue
		}
		if n.Href == path {
			n.Href = ""
		}
		out = append(out, n)
	}
	return out
}

// alarmed counts the alarms in the navigation, so that none is out of sight on any page:
// each at the part that it is about, and what is about none where the desk begins.
func alarmed(nav []web.Link, all []web.Notice, v *Visit) []web.Link {
	counts := make([]int, len(nav))
	for _, n := range all {
		if n.Kind == "info" {
			continue
		}
		at := 0
		for i, link := range nav {
			if link.Href != "/desk/" && under(n.Href, link.Href) {
				at = i
			}
		}
		if len(nav) > 0 {
			counts[at]++
		}
	}
	for i, n := range counts {
		if n > 0 {
			nav[i].Alarms = v.Say("web.alarms.here", "count", n)
		}
	}
	return nav
}

func under(path, part string) bool { return path == part || strings.HasPrefix(path, part+"/") }
