package person_test

import (
	"testing"

	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
)

// Names that people take for each other are refused, and scripts that nobody writes
// together; names that differ, and scripts that are written together, are not.
func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"Mara Lindqvist": "looks", "mara  LINDQVIST": "looks", "MaraLindqvist": "looks", "\uff2dara Lindqvist": "looks",
		"M\u0430ra Lindqvist": "mixes", "\u041c\u0430\u0433\u0430 Lind": "mixes", "Ian Cole": "looks", "lan CoIe": "looks", "IAN COlE": "looks", "Rnara": "",
		"\u0441\u043e\u0441\u043e": "looks", "Straße": "looks", "Mara Lindquist": "", "Mara L. Lindqvist": "", "Sol": "",
		"\u738b\u4f1f Wang": "", "\u3042\u3084 \u7530\u4e2d Tanaka": "", "\uae40 Kim": "", "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432": "",
		"\u0418\u0432\u0430\u043d Petrov": "mixes", "O\u2019Neil 3rd": "", "\u03b1 Lima": "mixes", "Zo\u0065\u0308": "looks",
		"Gone Again": "", "": "",
	} {
		team := map[string]cvd.Member{}
		for id, other := range map[string]string{"a": "Mara Lindqvist", "b": "lan Cole", "c": "coco", "d": "STRASSE", "e": "Zoë", "f": "Nobody Else"} {
			team[id] = cvd.Member{ID: id, Name: other, Email: id + "@example.org", Active: true}
		}
		team["g"] = cvd.Member{ID: "g", Name: "Gone Again", Email: "g@example.org"}
		faults := person.NameFaults(cvd.Member{Name: name, Email: "new@example.org", Active: true}, team)
		got := ""
		if len(faults) > 0 {
			got = faults[0].Problem[:5]
		}
		if got != want {
			t.Errorf("%q: %v, want %q", name, faults, want)
		}
		if self := person.NameFaults(cvd.Member{ID: "f", Name: "nobody else", Email: "f@example.org", Active: true}, team); self != nil {
			t.Errorf("one's own name: %v", self)
		}
	}
}
