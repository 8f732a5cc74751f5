// Package typed is the form of a new version of the policy as an address can say it: its
// fields by name, and of them those that say something else than they began with.
//
// It never decides what a version may hold, and keeps nothing.
package typed

import (
	"fmt"
	"net/url"
	"strings"

	"fairlead/internal/web"
)

// Amount is the name of the field of an undertaking.
func Amount(name string) string { return "amount-" + strings.ReplaceAll(name, ".", "-") }

// Contact is the name of a field about the contact at this place.
func Contact(i int, what string) string { return fmt.Sprintf("contact-%d-%s", i, what) }

// Field is the field of a place in the file.
func Field(clause string) string {
	var i int
	var what string
	if n, _ := fmt.Sscanf(strings.NewReplacer("[", " ", "].", " ", "]", " ").Replace(clause), "contacts %d %s", &i, &what); n > 0 {
		if what != "note" {
			what = "uri"
		}
		return Contact(i, what)
	}
	if name, ok := strings.CutPrefix(clause, "promises."); ok {
		return Amount(strings.TrimSuffix(name, ".within"))
	}
	name, _, _ := strings.Cut(clause, "[")
	return name[strings.LastIndex(name, ".")+1:]
}

// Changed is what the form says that these fields did not begin with, and on which version.
func Changed(fields []web.Field, base string, form url.Values) url.Values {
	out := url.Values{"base": {base}}
	for _, f := range fields {
		if s := form.Get(f.Name); s != f.Value {
			out.Set(f.Name, s)
		}
	}
	return out
}

// Form is the whole form again, of which an address says what changed.
func Form(fields []web.Field, changed url.Values) url.Values {
	out := url.Values{"base": {changed.Get("base")}}
	for _, f := range fields {
		out.Set(f.Name, f.Value)
		if changed.Has(f.Name) {
			out.Set(f.Name, changed.Get(f.Name))
		}
	}
	return out
}
