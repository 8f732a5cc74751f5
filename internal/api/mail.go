package api

import (
	"cmp"
	"net/http"

	"fairlead/internal/api/mail"
	"fairlead/internal/inbox"
)

// mailRoutes are those of the shelves; none where no mail comes in.
func mailRoutes() []route {
	return []route{
		{Operation: mail.List, do: (*call).listMail},
		{Operation: mail.Show, do: (*call).showMail},
		{Operation: mail.Raw, do: (*call).rawMail},
		{Operation: mail.Open, do: (*call).openMail},
		{Operation: mail.Add, do: (*call).addMail},
		{Operation: mail.Discard, do: (*call).discardMail},
	}
}

func (c *call) listMail() error {
	q := c.r.URL.Query()
	rows, next, err := c.Mail.Shelf(c.r.Context(), c.actor, cmp.Or(inbox.State(q.Get("shelf")), inbox.Unsorted), q.Get("after"), c.found...)
	if err != nil {
		return err
	}
	counts, err := c.Mail.Counts(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, mail.ShelfOf(rows, next, counts, c.Words.In("en")))
}

func (c *call) showMail() error {
	l, err := c.Mail.Letter(c.r.Context(), c.actor, c.r.PathValue("mail"))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, mail.LetterOf(l, c.Words.In("en")))
}

func (c *call) rawMail() error {
	l, err := c.Mail.Letter(c.r.Context(), c.actor, c.r.PathValue("mail"))
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="mail.eml"`)
	_, err = c.w.Write(l.Raw)
	return err
}

func (c *call) openMail() error {
	var in mail.Opening
	if err := c.read(&in, true); err != nil {
		return err
	}
	got, err := c.Mail.Open(c.r.Context(), c.actor, c.r.PathValue("mail"), in.Program, c.found...)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, mail.Opened{Case: got.Case, Received: got.Received, Promises: got.Promises})
}

func (c *call) addMail() error {
	var in mail.Adding
	if err := c.read(&in, false); err != nil {
		return err
	}
	id, err := c.Mail.Add(c.r.Context(), c.actor, c.r.PathValue("mail"), in.Case, c.found...)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, mail.Added{Case: id})
}

func (c *call) discardMail() error {
	var in mail.Discarding
	if err := c.read(&in, false); err != nil {
		return err
	}
	if err := c.Mail.Discard(c.r.Context(), c.actor, c.r.PathValue("mail"), in.Reason, c.found...); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
