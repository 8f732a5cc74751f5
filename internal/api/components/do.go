package components

import (
	"io"
	"net/http"

	"fairlead/internal/api/asked"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/parts"
)

// Routes are the operations and what does them.
var Routes = []asked.Route[*parts.Inventory]{
	{Operation: Find, Do: findComponents},
	{Operation: Add, Do: addBill},
	{Operation: List, Do: listBills},
	{Operation: Remove, Do: asked.Away("bill", (*parts.Inventory).Remove)},
}

func findComponents(on *parts.Inventory, q *asked.Request) error {
	query := q.R.URL.Query()
	found, more, err := on.Find(q.R.Context(), q.Actor, parts.Question{PURL: query.Get("purl"), Name: query.Get("name"), Versions: query.Get("versions"), Wrong: q.Found()})
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, Found(found, more))
}

func addBill(on *parts.Inventory, q *asked.Request) error {
	up, given, err := q.File("product", "version")
	if err != nil {
		return err
	}
	in := parts.Upload{Product: given["product"], Version: given["version"], Wrong: q.Found()}
	if up != nil { // else its absence is among what is wrong
		in.File = up.Name
		if in.Bytes, err = io.ReadAll(io.LimitReader(up, sbom.MaxBytes+1)); err != nil { // one more than may be says that it is over
			return err
		}
	}
	made, err := on.Add(q.R.Context(), q.Actor, in)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusCreated, AddedOf(&made))
}

func listBills(on *parts.Inventory, q *asked.Request) error {
	all, err := on.Bills(q.R.Context(), q.Actor)
	if err != nil {
		return err
	}
	return q.Answer(http.StatusOK, BillsOf(all))
}
