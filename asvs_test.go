package fairlead_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const asvsPage = "docs/asvs.md"

var (
	asvsRow   = regexp.MustCompile(`(?m)^\| (V\d+\.\d+\.\d+) \| ([123]) \| ([^|]+) \| ([^|]+) \| (.+) \|$`)
	asvsTest  = regexp.MustCompile("`(\\.[\\w./-]*) -run (\\w+)`")
	asvsPlace = regexp.MustCompile("`((?:docs|internal|cmd|scripts|deploy)/[\\w./-]+|\\.golangci\\.yml)`")
	asvsWords = regexp.MustCompile(`\S+`)
)

// The page of the verification standard claims nothing that is not there: each row has
// one of three states, what is met names a test or a place, and all of these exist.
func TestASVSIsInTheCode(t *testing.T) {
	tests := map[string]string{}
	counts, levels := map[string]int{}, map[string]int{}
	for _, row := range asvsRow.FindAllStringSubmatch(textOf(t, asvsPage), -1) {
		number, about, state, how := row[1], row[3], row[4], row[5]
		counts[state]++
		levels[row[2]+state]++
		named, places := asvsTest.FindAllStringSubmatch(how, -1), asvsPlace.FindAllStringSubmatch(how, -1)
		if state != "met" && state != "open" && state != "not applicable" {
			t.Errorf("%s has the state %q", number, state)
		}
		if state == "met" && len(named)+len(places) == 0 {
			t.Errorf("%s is called met, and nothing shows it", number)
		}
		if n := len(asvsWords.FindAllString(about, -1)); n > 6 {
			t.Errorf("%s: %q is no topic but a sentence", number, about)
		}
		for _, one := range named {
			if tests[one[1]] == "" {
				tests[one[1]] = testsOf(t, one[1])
			}
			if !strings.Contains(tests[one[1]], "\nfunc "+one[2]+"(") {
				t.Errorf("%s: there is no %s in %s", number, one[2], one[1])
			}
		}
		for _, one := range places {
			if _, err := os.Stat(one[1]); err != nil {
				t.Errorf("%s: %v", number, err)
			}
		}
	}
	for level, name := range map[string]string{"1": "1", "2": "2", "3": "3, of two"} {
		sum := fmt.Sprintf("| %s | %d | %d | %d |", name, levels[level+"met"], levels[level+"not applicable"], levels[level+"open"])
		if !strings.Contains(textOf(t, asvsPage), sum) {
			t.Errorf("the page's sum is not %s", sum)
		}
	}
	if counts["met"] < 100 || counts["open"] == 0 {
		t.Errorf("the rows are not read: %v", counts)
	}
}

// testsOf is the text of all tests of a package.
func testsOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s has no tests: %v", folder, err)
	}
	text := "\n"
	for _, f := range files {
		text += textOf(t, f)
	}
	return text
}

// Every requirement of levels 1 and 2 stands on the page once, with its level, and two of level 3. The
// standard's list is not part of the repository.
func TestASVSIsComplete(t *testing.T) {
	lists, err := filepath.Glob("../shared/data/asvs/*_5.0.0_en.csv")
	if err != nil || len(lists) != 1 {
		t.Skip("skipped: the list of ASVS 5.0.0 does not lie in ../shared/data/asvs")
	}
	f, err := os.Open(lists[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]string{}
	for _, row := range asvsRow.FindAllStringSubmatch(textOf(t, asvsPage), -1) {
		if levels[row[1]] != "" {
			t.Errorf("%s stands there twice", row[1])
		}
		levels[row[1]] = row[2]
	}
	asked := 0
	for _, line := range lines[1:] {
		number, text, level := line[4], line[5], line[6]
		if level == "3" && levels[number] == "" {
			continue
		}
		asked++
		if levels[number] != level {
			t.Errorf("%s of level %s: the page has level %q", number, level, levels[number])
		}
		if strings.Contains(textOf(t, asvsPage), text[len("Verify that "):min(len(text), 80)]) {
			t.Errorf("%s: the page repeats the text of the standard", number)
		}
		delete(levels, number)
	}
	for number := range levels {
		t.Errorf("%s is no requirement of these levels", number)
	}
	if asked != 255 {
		t.Errorf("the list has %d requirements of levels 1 and 2, and two of level 3", asked)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
