package mail

import (
	"cmp"
	"net/http"

	"fairlead/internal/api/asked"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/inbox"
)

// Routes are the operations and what does them.
var Routes = []asked.Route[*mailroom.Room]{
	{Operation: List, Do: listMail},
	{Operation: Show, Do: showMail},
	{Operation: Raw, Do: rawMail},
	{Operation: Open, Do: openMail},
	{Operation: Add, Do: addMail},
	{Operation: Discard, Do: asked.Away("mail", (*mailroom.Room).Discard)},
}

func listMail(on *mailroom.Room, q *asked.Request) error {
	query := q.R.URL.Query()
	rows, next, err := on.Shelf(q.R.Context(), q.Actor, cmp.Or(inbox.State(query.Get("shelf")), inbox.Unsorted), query.Get("after"), q.Found()...)
	if err != nil {
		return err
	}
	counts, err := on.Counts(q.R.Context(), q.Actor)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, ShelfOf(rows, next, counts, q.Voice))
}

func showMail(on *mailroom.Room, q *asked.Request) error {
	l, err := on.Letter(q.R.Context(), q.Actor, q.R.PathValue("mail"))
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, LetterOf(l, q.Voice))
}

func rawMail(on *mailroom.Room, q *asked.Request) error {
	l, err := on.Letter(q.R.Context(), q.Actor, q.R.PathValue("mail"))
	if err != nil {
		return err
	}
	h := q.W.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="mail.eml"`)
	_, err = q.W.Write(l.Raw)
	return err
}

func openMail(on *mailroom.Room, q *asked.Request) error {
	var in Opening
	if err := q.Read(&in, true); err != nil {
		return err
	}
	got, err := on.Open(q.R.Context(), q.Actor, q.R.PathValue("mail"), in.Program, q.Found()...)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusCreated, Opened{Case: got.Case, Received: got.Received, Promises: got.Promises})
}

func addMail(on *mailroom.Room, q *asked.Request) error {
	var in Adding
	if err := q.Read(&in, false); err != nil {
		return err
	}
	id, err := on.Add(q.R.Context(), q.Actor, q.R.PathValue("mail"), in.Case, q.Found()...)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, Added{Case: id})
}
