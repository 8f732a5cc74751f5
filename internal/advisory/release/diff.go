package release

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// Change is one difference between two records. From is empty for what was added,
// To for what was taken out.
type Change struct {
	Field string `json:"field"` // as the record's JSON names it, such as "vulnerabilities[0].cwe[0]"
	From  string `json:"from"`
	To    string `json:"to"`
}

// Diff lists what changed from a to b, in the order of b's members, without the
// numbers of vulnerabilities. Either may be
// nil: then all of the other is new, or gone.
func Diff(a, b *cvd.Advisory) []Change {
	old, now := leaves(a), leaves(b)
	var out []Change
	for _, l := range now {
		if was := value(old, l.path); was != l.text {
			out = append(out, Change{l.path, was, l.text})
		}
	}
	for _, l := range old {
		if !slices.ContainsFunc(now, func(x leaf) bool { return x.path == l.path }) {
			out = append(out, Change{l.path, l.text, ""})
		}
	}
	return out
}

type leaf struct{ path, text string }

func value(all []leaf, path string) string {
	for _, l := range all {
		if l.path == path {
			return l.text
		}
	}
	return ""
}

// leaves are all values of a record with their names.
func leaves(a *cvd.Advisory) []leaf {
	if a == nil {
		return nil
	}
	b, err := json.Marshal(Unnumbered(a))
	if err != nil {
		panic("advisory: a record is always JSON: " + err.Error())
	}
	var out []leaf
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	walk(d, "", &out)
	return out
}

// walk reads one value, keeping the order of members.
func walk(d *json.Decoder, path string, out *[]leaf) {
	tok, err := d.Token()
	if err != nil {
		return
	}
	switch tok {
	case json.Delim('{'):
		for d.More() {
			name, _ := d.Token()
			walk(d, strings.TrimPrefix(path+"."+fmt.Sprint(name), "."), out)
		}
		_, _ = d.Token()
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			walk(d, fmt.Sprintf("%s[%d]", path, i), out)
		}
		_, _ = d.Token()
	default:
		*out = append(*out, leaf{path, fmt.Sprint(tok)})
	}
}
