package api

import (
	"fairlead/internal/api/asked"
	"fairlead/internal/api/components"
	"fairlead/internal/api/handover"
	"fairlead/internal/api/mail"
	"fairlead/internal/api/strict"
	"fairlead/internal/api/team"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/parts"
)

// Operations that stand in rooms of their own.
func componentRoutes() []route {
	return outside(components.Routes, func(c *call) *parts.Inventory { return c.Parts })
}

func mailRoutes() []route {
	return outside(mail.Routes, func(c *call) *mailroom.Room { return c.Mail })
}

func handoverRoutes() []route {
	return outside(handover.Routes, func(c *call) *casework.Desk { return c.Desk })
}

func teamRoutes() []route {
	return outside(team.Routes, func(c *call) team.Team {
		return team.Team{Auth: c.Auth, Now: c.Now, Base: c.BaseURL(c.r), From: c.From(c.r)}
	})
}

func outside[T any](all []asked.Route[T], on func(*call) T) []route {
	var out []route
	for _, one := range all {
		out = append(out, route{one.Operation, func(c *call) error { return one.Do(on(c), c.asked()) }})
	}
	return out
}

func (c *call) asked() *asked.Request {
	return &asked.Request{
		W: c.w, R: c.r, Actor: c.actor, Voice: c.Voice, Found: func() cvd.Faults { return c.found }, Read: c.read, Answer: c.answer,
		File: func(fields ...string) (*strict.Upload, map[string]string, error) {
			up, given, err := c.File(c.r, fields...)
			return up, given, c.note(err)
		},
	}
}
