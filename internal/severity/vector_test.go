package severity

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

func TestParse(t *testing.T) {
	tests := []struct {
		vector string
		want   Score
	}{
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score{"", "3.1", 9.8, cvd.BandCritical}},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", Score{"", "3.1", 0, cvd.BandNone}},
		{"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", Score{"", "3.1", 1.6, cvd.BandLow}},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Score{"", "3.1", 6.1, cvd.BandMedium}},
		{"CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", Score{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8, cvd.BandCritical}},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U", Score{"", "3.1", 9.0, cvd.BandCritical}},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/MAV:P", Score{"", "3.1", 6.2, cvd.BandMedium}},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:X/MAV:X", Score{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1", 9.8, cvd.BandCritical}},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Score{"", "4.0", 9.3, cvd.BandCritical}},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", Score{"", "4.0", 0, cvd.BandNone}},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/U:Amber", Score{"", "4.0", 8.1, cvd.BandHigh}},
	}
	for _, tt := range tests {
		t.Run(tt.vector, func(t *testing.T) {
			if tt.want.Vector == "" {
				tt.want.Vector = tt.vector
			}
			got, err := Parse(tt.vector)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, vector string
		want         []string // one for each fault, in order
	}{
		{"empty", "", []string{"does not start with CVSS:3.1/ or CVSS:4.0/"}},
		{"version 2", "AV:N/AC:L/Au:N/C:P/I:P/A:P", []string{"does not start"}},
		{"version 3.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", []string{"does not start"}},
		{"blank before", " CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", []string{"does not start"}},
		{"too long", "CVSS:3.1/" + strings.Repeat("AV:N/", 200), []string{"longer than 512"}},
		{"blank after", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ", []string{"the metric A has a value"}},
		{"value", "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", []string{"AV has a value CVSS 3.1 does not know (use one of N, A, L, P)"}},
		{"value of the other version", "CVSS:3.1/AV:N/AC:L/PR:N/UI:A/S:U/C:H/I:H/A:H", []string{"UI has a value"}},
		{"unknown metric", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/Q:N", []string{"part 9 is no metric"}},
		{"slash at the end", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", []string{"part 9 is no metric"}},
		{"twice", "CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", []string{"AV is there twice"}},
		{"missing", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H", []string{"base metric I is missing", "base metric A is missing"}},
		{"order", "CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", []string{"AV comes too late (put it before AC"}},
		{
			"all at once", "CVSS:4.0/AV:Z/AC:L/XX:1/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N",
			[]string{"AV has a value", "part 3 is no metric", "SA is missing"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.vector)
			var faults cvd.Faults
			if !errors.As(err, &faults) || !errors.Is(err, cvd.ErrInvalid) {
				t.Fatalf("parsed as %v, %v", got, err)
			}
			if len(faults) != len(tt.want) {
				t.Fatalf("%d faults, want %d: %v", len(faults), len(tt.want), err)
			}
			for i, want := range tt.want {
				if one := faults[i : i+1].Error(); !strings.Contains(one, want) || faults[i].Field != "vector" || faults[i].Remedy == "" {
					t.Errorf("fault %d is %q, want %q", i, one, want)
				}
			}
		})
	}
}

func TestRate(t *testing.T) {
	for score, want := range map[float64]cvd.Band{
		0: cvd.BandNone, 0.1: cvd.BandLow, 3.9: cvd.BandLow, 4: cvd.BandMedium, 6.9: cvd.BandMedium,
		7: cvd.BandHigh, 8.9: cvd.BandHigh, 9: cvd.BandCritical, 10: cvd.BandCritical,
	} {
		if got := Rate(score); got != want {
			t.Errorf("%v rates %s, want %s", score, got, want)
		}
	}
}

// Our tables and the library's agree: whatever the tables allow, the library scores.
func TestAnyAllowedVectorParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version, metrics := "3.1", metrics31
		if rapid.Bool().Draw(t, "4.0") {
			version, metrics = "4.0", metrics40
		}
		vector := "CVSS:" + version
		for _, m := range metrics {
			if m.required || rapid.Bool().Draw(t, m.name+" given") {
				vector += "/" + m.name + ":" + rapid.SampledFrom(strings.Fields(m.values)).Draw(t, m.name)
			}
		}
		got, err := Parse(vector)
		if err != nil {
			t.Fatalf("%s: %v", vector, err)
		}
		if got.Score < 0 || got.Score > 10 || got.Band != Rate(got.Score) || got.Version != version {
			t.Fatalf("%s: %+v", vector, got)
		}
		again, err := Parse(got.Vector)
		if err != nil || again != got {
			t.Fatalf("%s came back as %+v, %v", got.Vector, again, err)
		}
	})
}

// The library adds no epsilon before it rounds (standards: half up after a small epsilon), so it is off by 0.1 in these five
// of the 1058 vectors. None of them changes the band. A sixth, or one that is right, fails the test.
var roundedOtherwise = map[string]float64{
	"CVSS:4.0/AV:N/AC:L/AT:P/PR:H/UI:A/VC:N/VI:H/VA:L/SC:N/SI:N/SA:L": 5.6, // published: 5.7
	"CVSS:4.0/AV:N/AC:H/AT:P/PR:H/UI:A/VC:L/VI:H/VA:N/SC:L/SI:N/SA:N": 5.6, // published: 5.7
	"CVSS:4.0/AV:L/AC:L/AT:P/PR:N/UI:A/VC:L/VI:H/VA:N/SC:N/SI:N/SA:N": 5.6, // published: 5.7
	"CVSS:4.0/AV:L/AC:L/AT:P/PR:H/UI:N/VC:N/VI:L/VA:H/SC:L/SI:L/SA:N": 5.6, // published: 5.7
	"CVSS:4.0/AV:L/AC:H/AT:P/PR:N/UI:A/VC:L/VI:H/VA:N/SC:L/SI:N/SA:L": 5.6, // published: 5.7
}

func TestPublishedVectors(t *testing.T) {
	dir := sharedVectors(t)
	score := regexp.MustCompile(`^(CVSS:\S+) - \(([0-9., ]+)\)$`)
	met := 0
	for file, want := range map[string]int{"vectors_simple31": 2592, "vectors_simple4": 1058} {
		n := 0
		for _, line := range lines(t, filepath.Join(dir, "redhat-vectors", "tests", file)) {
			m := score.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("%s: a line of another form: %q", file, line)
			}
			n++
			published, err := strconv.ParseFloat(strings.Trim(strings.Split(m[2], ",")[0], " "), 64)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", m[1], err)
				continue
			}
			if off, known := roundedOtherwise[m[1]]; known {
				met++
				if got.Score != off || Rate(published) != got.Band {
					t.Errorf("%s scores %v, known as %v, published %v", m[1], got.Score, off, published)
				}
				continue
			}
			if got.Score != published || got.Vector != m[1] {
				t.Errorf("%s scores %v as %s, published %v", m[1], got.Score, got.Vector, published)
			}
		}
		if n != want {
			t.Errorf("%s has %d vectors, want %d", file, n, want)
		}
	}
	if met != len(roundedOtherwise) {
		t.Errorf("%d of %d known differences met", met, len(roundedOtherwise))
	}
}

func TestPublishedMacroVectors(t *testing.T) {
	form := regexp.MustCompile(`^\{'vector': '([^']+)', 'score': ([0-9.]+), 'severity': '([A-Za-z]+)'\}$`)
	n := 0
	for _, line := range lines(t, filepath.Join(sharedVectors(t), "first-v4", "vectorFiles", "macro-scores")) {
		m := form.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("a line of another form: %q", line)
		}
		n++
		got, err := Parse(m[1])
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		if want, err := strconv.ParseFloat(m[2], 64); err != nil || got.Score != want || string(got.Band) != strings.ToLower(m[3]) {
			t.Errorf("%s is %v %s, published %s %s", m[1], got.Score, got.Band, m[2], m[3])
		}
	}
	if n != 270 {
		t.Errorf("%d macro vectors, want 270", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "CVSS:3.1/", "CVSS:4.0/", "CVSS:4.0//", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/U:Amber", "CVSS:3.1/AV:N:L/:/\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, vector string) {
		got, err := Parse(vector)
		if err != nil {
			if !errors.Is(err, cvd.ErrInvalid) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if again, err := Parse(got.Vector); err != nil || again != got {
			t.Errorf("%q: %+v came back as %+v, %v", vector, got, again, err)
		}
	})
}

// sharedVectors finds the published vectors, which are no part of the project.
func sharedVectors(t *testing.T) string {
	t.Helper()
	root := os.Getenv("FAIRLEAD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "cvss")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the published CVSS vectors are not here: set FAIRLEAD_SHARED to the folder that holds data/cvss")
	}
	return dir
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if s.Text() != "" {
			all = append(all, s.Text())
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
