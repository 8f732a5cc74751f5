// Package components is the part of the API about bills of materials: what its
// operations are, and the shape in which they show what they found.
//
// It never looks anything up.
package components

import (
	"net/http"
	"time"

	"fairlead/internal/api/asked"
	"fairlead/internal/api/openapi"
	"fairlead/internal/cvd"
	"fairlead/internal/parts"
)

const path = "/api/v1/components"

// Problems that the operations share.
var (
	missing = http.StatusNotFound
	unread  = []int{missing, http.StatusConflict, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
)

// The operations.
var (
	Find = openapi.Operation{
		Method: http.MethodGet, Path: path, Access: openapi.ByToken, Name: "components", Status: http.StatusOK, Gives: Components{}, Also: []int{missing, http.StatusUnprocessableEntity},
		Query: []openapi.Query{
			{Name: "purl", About: "A package URL; a version in it counts."},
			{Name: "name", About: "Words of its name, in place of purl."},
			{Name: "versions", About: "Of the component, such as >=2.0 <2.17.1."},
		},
		Short: "Which versions contain a component", Long: "Asks the bills of materials in force. Where a bill does not tell a component's version, it is never ruled out.",
	}
	Add = openapi.Operation{
		Method: http.MethodPost, Path: path, Access: openapi.ByToken, Name: "add-bill", Status: http.StatusCreated, Gives: AddedBill{}, Also: unread,
		Body:  &openapi.Body{File: true, Members: []string{"product", "version"}, Needs: []string{"product", "version"}},
		Short: "Add a bill of materials", Long: "CycloneDX 1.2 to 1.7 as JSON or XML, or SPDX 2.2 or 2.3 as JSON or tag-value, of at most 16 MiB and 50,000 components, for one version of a product. It replaces the one before; the same file again changes nothing. For leads and members.",
	}
	List = openapi.Operation{
		Method: http.MethodGet, Path: path + "/bills", Access: openapi.ByToken, Name: "bills", Status: http.StatusOK, Gives: Bills{}, Also: []int{missing},
		Short: "The bills of materials in force",
	}
	Remove = openapi.Operation{
		Method: http.MethodPost, Path: path + "/bills/{bill}/remove", Access: openapi.ByToken, Name: "remove-bill", Status: http.StatusNoContent, Also: unread,
		Body:  &openapi.Body{Of: asked.Reason{}, Needs: []string{"reason"}},
		Short: "Take a bill of materials out of force", Long: "Its components go; that it was there stays in the history. For leads and members.",
	}
)

// Components answers which of our versions contain a component.
type Components struct {
	Components []Component `json:"components" doc:"Those of just the name that was asked for come first."`
	More       bool        `json:"more,omitempty" doc:"There are more than these; ask more narrowly."`
}

// Component is one component and where it is.
type Component struct {
	Key      string    `json:"key" doc:"By which it is known here, whatever its version."`
	Name     string    `json:"name"`
	PURL     string    `json:"purl,omitempty" doc:"Its package URL, without a version."`
	Contact  Upstream  `json:"contact,omitzero" doc:"How its own project is reached."`
	Recorded bool      `json:"recorded,omitempty" doc:"A member wrote the contact down; else a bill of materials tells it."`
	Products []Holding `json:"products"`
}

// Upstream is how a component's own project is reached.
type Upstream struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Holding is a product that contains the component.
type Holding struct {
	Product  string `json:"product"`
	Versions string `json:"versions" doc:"Our versions in words, such as 1.2–1.4, 2.0."`
	In       []Use  `json:"in" doc:"By our version."`
}

// Use is one version that contains it.
type Use struct {
	Version   string `json:"version" doc:"Of our product."`
	Component string `json:"component_version,omitempty" doc:"Left out where the bill of materials does not tell it."`
	Bill      string `json:"bill"`
}

// Found shows what was found.
func Found(found []parts.Found, more bool) Components {
	out := Components{Components: make([]Component, 0, len(found)), More: more}
	for _, f := range found {
		c := Component{Key: f.Key, Name: f.Name, PURL: f.PURL, Contact: Upstream(f.Contact), Recorded: f.Recorded}
		for _, h := range f.In {
			in := Holding{Product: h.Product, Versions: h.Ours()}
			for _, u := range h.Uses {
				in.In = append(in.In, Use(u))
			}
			c.Products = append(c.Products, in)
		}
		out.Components = append(out.Components, c)
	}
	return out
}

// Bill is the bill of materials of one version of a product.
type Bill struct {
	ID         string    `json:"id"`
	Product    string    `json:"product"`
	Version    string    `json:"version"`
	Format     string    `json:"format"`
	File       string    `json:"file"`
	Digest     string    `json:"digest" doc:"SHA-256 of the file, in hex."`
	Size       int64     `json:"size" doc:"Of the file, in bytes."`
	Components int       `json:"components" doc:"How many it lists."`
	Notes      []Note    `json:"notes,omitempty" doc:"What could not be kept as it stood."`
	At         time.Time `json:"at"`
	By         string    `json:"by"`
}

// Note says what could not be kept as it stood, and where it stands.
type Note cvd.Fault

func billOf(b *parts.Bill) Bill {
	out := Bill{b.ID, b.Product, b.Version, b.Format, b.File, b.Digest, b.Size, b.Components, nil, b.At, b.By}
	for _, n := range b.Notes {
		out.Notes = append(out.Notes, Note(n))
	}
	return out
}

// Bills are those in force.
type Bills struct {
	Bills []Bill `json:"bills" doc:"By product and version."`
}

// BillsOf shows bills.
func BillsOf(all []parts.Bill) Bills {
	out := Bills{make([]Bill, 0, len(all))}
	for i := range all {
		out.Bills = append(out.Bills, billOf(&all[i]))
	}
	return out
}

// AddedBill is what became of an upload.
type AddedBill struct {
	Bill
	Replaced string `json:"replaced,omitempty" doc:"The bill that was in force before for this version."`
	Same     bool   `json:"same,omitempty" doc:"This very file was there already; nothing changed."`
}

// AddedOf shows what became of an upload.
func AddedOf(a *parts.Added) AddedBill {
	out := AddedBill{Bill: billOf(&a.Bill), Same: a.Same}
	if a.Replaced != nil {
		out.Replaced = a.Replaced.ID
	}
	return out
}
