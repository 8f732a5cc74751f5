package api

import (
	"io"
	"net/http"

	"fairlead/internal/api/components"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/parts"
)

func componentRoutes() []route {
	return []route{
		{Operation: components.Find, do: (*call).findComponents},
		{Operation: components.Add, do: (*call).addBill},
		{Operation: components.List, do: (*call).listBills},
		{Operation: components.Remove, do: (*call).removeBill},
	}
}

func (c *call) findComponents() error {
	q := c.r.URL.Query()
	found, more, err := c.Parts.Find(c.r.Context(), c.actor, parts.Question{PURL: q.Get("purl"), Name: q.Get("name"), Versions: q.Get("versions"), Wrong: c.found})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, components.Found(found, more))
}

func (c *call) addBill() error {
	up, given, err := c.File(c.r, "product", "version")
	if err := c.note(err); err != nil {
		return err
	}
	in := parts.Upload{Product: given["product"], Version: given["version"], Wrong: c.found}
	if up != nil { // else its absence is among what is wrong
		in.File = up.Name
		if in.Bytes, err = io.ReadAll(io.LimitReader(up, sbom.MaxBytes+1)); err != nil { // one more than may be says that it is over
			return err
		}
	}
	made, err := c.Parts.Add(c.r.Context(), c.actor, in)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, components.AddedOf(&made))
}

func (c *call) listBills() error {
	all, err := c.Parts.Bills(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, components.BillsOf(all))
}

func (c *call) removeBill() error {
	var in components.Removal
	if err := c.read(&in, false); err != nil {
		return err
	}
	if err := c.Parts.Remove(c.r.Context(), c.actor, c.r.PathValue("bill"), in.Reason, c.found...); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
