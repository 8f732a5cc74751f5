package judge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// number is a version of a document: an integer or a semantic version.
type numbered string

func (n numbered) integer() bool { return n != "" && !strings.Contains(string(n), ".") }

// sem is the version as a semantic one, as x/mod/semver has it.
func (n numbered) sem() string {
	if n.integer() {
		return "v" + string(n) + ".0.0"
	}
	return "v" + string(n)
}

func (n numbered) prerelease() bool { return semver.Prerelease(n.sem()) != "" }
func (n numbered) build() bool      { return semver.Build(n.sem()) != "" }
func (n numbered) major() int       { return number0(strings.TrimPrefix(semver.Major(n.sem()), "v")) }
func (n numbered) initial() bool    { return n == "0" || strings.HasPrefix(string(n), "0.") }

// bare is the version without build metadata and, for drafts, without its
// pre-release.
func (n numbered) bare(draft bool) string {
	s, _, _ := strings.Cut(string(n), "+")
	if draft {
		s, _, _ = strings.Cut(s, "-")
	}
	return s
}

func number0(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// revision is a line of the history with its instant; zero where it has none.
type revision struct {
	node
	number numbered
	at     time.Time
}

// instant reads an instant of the document.
func (n node) instant() time.Time {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(n.text()))
	if err != nil {
		return time.Time{}
	}
	return t
}

// history are the revisions in the order of their dates, those of one date in the
// order of their versions.
func (j *judge) history() []revision {
	var out []revision
	for _, r := range j.tracking().each("revision_history") {
		out = append(out, revision{r, numbered(r.say("number")), r.get("date").instant()})
	}
	slices.SortStableFunc(out, func(a, b revision) int {
		return cmp.Or(a.at.Compare(b.at), semver.Compare(a.number.sem(), b.number.sem()))
	})
	return out
}

func (j *judge) version() numbered { return numbered(j.tracking().say("version")) }
func (j *judge) draft() bool       { return j.tracking().say("status") == "draft" }

// released tells whether the document is one that readers may rely on.
func (j *judge) released() bool {
	return slices.Contains([]string{"final", "interim"}, j.tracking().say("status"))
}

var trackingTests = []test{
	{"6.1.14", func(j *judge) {
		history := j.history()
		for i := 1; i < len(history); i++ {
			j.need(semver.Compare(history[i-1].number.sem(), history[i].number.sem()) <= 0, history[i].node,
				"has a lower version than one that is older", "let versions grow with their dates")
		}
	}},
	{"6.1.16", func(j *judge) {
		if history := j.history(); len(history) > 0 {
			last := history[len(history)-1].number
			j.need(last.bare(j.draft()) == j.version().bare(j.draft()), j.tracking().get("version"), "is not the latest of the history", "give the version of the latest revision")
		}
	}},
	{"6.1.17", func(j *judge) {
		early := j.version().initial() || j.version().prerelease()
		j.need(!early || j.draft(), j.tracking().get("status"), "is not draft, but the version is one of a draft", "release the document as 1 or 1.0.0")
	}},
	{"6.1.18", func(j *judge) {
		for _, r := range j.history() {
			j.need(!j.released() || !r.number.initial(), r.get("number"), "is a draft's, but the document is released", "begin the history with the first release")
		}
	}},
	{"6.1.19", func(j *judge) {
		for _, r := range j.history() {
			j.need(!r.number.prerelease(), r.get("number"), "is a pre-release", "leave pre-releases out of the history")
		}
	}},
	{"6.1.20", func(j *judge) {
		j.need(!j.released() || !j.version().prerelease(), j.tracking().get("version"), "is a pre-release, but the document is released", "take the pre-release part away")
	}},
	{"6.1.21", func(j *judge) {
		history := j.history()
		for i, r := range history {
			if i == 0 {
				j.need(r.number.major() <= 1, r.get("number"), "is the first, but neither 0 nor 1", "list the revisions before it")
				continue
			}
			j.need(r.number.major() <= history[i-1].number.major()+1, r.get("number"), "leaves out a version before it", "list every version")
		}
	}},
	{"6.1.22", func(j *judge) {
		j.twice(j.tracking().each("revision_history"), func(r node) string { return r.say("number") }, "has the version of another revision", "count each once")
	}},
	{"6.1.30", func(j *judge) {
		integers := j.version().integer()
		for _, r := range j.history() {
			j.need(r.number == "" || r.number.integer() == integers, r.get("number"), "mixes integers and semantic versions", "use one of the two")
		}
	}},
}
