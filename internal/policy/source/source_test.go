package source

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	keys := []string{"acknowledge", "follow_up", "verify", "within", "safe_harbour", "organisation"}
	for word, want := range map[string]string{
		"aknowledge": "acknowledge", "follow-up": "follow_up", "followup": "follow_up", "Verify": "verify", "wihtin": "within",
		"organization": "organisation", "safe_harbor": "safe_harbour", "lottery": "", "": "", "x": "",
		strings.Repeat("within", 20): "",
	} {
		if got := Nearest(word, keys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want || distance(c.b, c.a) != got {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

const schema = `{"$id": "urn:test", "type": "object", "required": ["name"], "additionalProperties": false,
	"properties": {"name": {"type": "string", "examples": ["x"]}, "list": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9}},
		"least": {"type": "integer", "minimum": 4}}}`

func TestCheckKeepsWhatFits(t *testing.T) {
	s, err := NewSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	f := Read("a.yaml", []byte("nam: y\nlist: [1, 12, 3]\nleast: 1\n"))
	f.Check(s)
	want := `a.yaml:1:1: name: is missing; write name: x
a.yaml:1:1: nam: is not a known key; did you mean "name"?
a.yaml:2:11: list[1]: is above the limit of 9; write a whole number from 1 to 9
a.yaml:3:8: least: is below the least of 4; write a whole number, 4 or more`
	if got := f.Faults().Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	list := f.Value().(map[string]any)["list"].([]any)
	if len(list) != 3 || list[1] != nil || list[2] != int64(3) {
		t.Errorf("what is left: %v", list)
	}
}

func TestNewSchemaRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", `{"$id": "urn:x", "type": "nonsense"}`} {
		if _, err := NewSchema([]byte(text)); err == nil {
			t.Errorf("%q makes a schema", text)
		}
	}
}
