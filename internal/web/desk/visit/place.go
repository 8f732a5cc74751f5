package visit

import (
	"html/template"
	"net/http"
	"net/url"

	"fairlead/internal/cvd"
)

// Beside finds the place of a case in the list that its address names.
type Beside func(r *http.Request, v *Visit, id cvd.CaseID) (Place, error)

// Place is where a case stands in the list that it was opened from.
type Place struct {
	List, Back   string     // what the list is called, and the way back to the case in it
	Number       string     // the case's in the list, and of how many; empty where it is not known
	Before, Next *PlaceLink // nil for none
	Then         string     // the case that comes next, as an address says it; empty where the case has no place
}

// PlaceLink leads to a case beside, or on to more of the list.
type PlaceLink struct{ Href, Title string }

// The names under which an address says from which list a case was opened, and which case
// came after it there before something was done; ThenNone is that none did.
const (
	List     = "list"
	Then     = "then"
	ThenNone = "none"
)

// wayMost is the most bytes of a list's name in an address.
const wayMost = 2000

// Way is what the addresses of a case say of its list. Nothing of it is believed: whoever
// finds the place asks for the list as its reader may see it.
type Way struct {
	Path string       // with its ?; empty for the list that the desk opens with
	And  template.URL // the same behind other words of a query, with its &
}

// WayAfter is what to say once something was done to the case: how its list went on before.
func WayAfter(r *http.Request, before Place) Way { return wayOf(r, before.Then) }

func wayOf(r *http.Request, then string) Way {
	q := url.Values{}
	for name, value := range map[string]string{List: r.URL.Query().Get(List), Then: then} {
		if value != "" && len(value) <= wayMost {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return Way{}
	}
	//nolint:gosec // encoded as a query, nothing in it can end the attribute or begin a scheme
	return Way{Path: "?" + q.Encode(), And: template.URL("&" + q.Encode())}
}
