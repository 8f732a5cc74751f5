package parts

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
)

// How a report names a component, strongest first.
const (
	ByPURL = "purl" // a package URL in its words
	ByURL  = "url"  // the address of its package or its source
	ByName = "name" // its name, where that can hardly mean anything else
)

// Suggestion is a component that a report seems to name.
type Suggestion struct {
	Found
	By string
}

// Limits of looking through a report.
const (
	maxLooked    = 32 << 10 // bytes of its words
	maxSuggested = 5
)

// Suggest looks for components of our bills in the words of a report. It decides
// nothing: whoever reads the report does. Nothing of the report is kept.
func (v *Inventory) Suggest(ctx context.Context, by cvd.Actor, r *cvd.Report) ([]Suggestion, error) {
	x, done, err := v.look(ctx, by)
	if err != nil {
		return nil, err
	}
	defer done()
	if r == nil || len(x.parts) == 0 {
		return nil, nil
	}
	l := &looking{x: x, hits: map[*part]string{}}
	l.report(r)
	var out []Suggestion
	named := func(h Holding) bool { return strings.EqualFold(h.Product, strings.TrimSpace(r.Product)) }
	first := func(is bool) int { return map[bool]int{true: 0, false: 1}[is] }
	for p, how := range l.hits {
		s := Suggestion{x.found(p, nil), how}
		slices.SortStableFunc(s.In, func(a, b Holding) int { return first(named(a)) - first(named(b)) })
		out = append(out, s)
	}
	rank := map[string]int{ByPURL: 0, ByURL: 1, ByName: 2}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(rank[a.By]-rank[b.By], first(named(a.In[0]))-first(named(b.In[0])), strings.Compare(a.Key, b.Key))
	})
	return out[:min(len(out), maxSuggested)], nil
}

// looking is one report on its way.
type looking struct {
	x    *index
	hits map[*part]string
	left int
}

func (l *looking) hit(p *part, how string) {
	if p == nil {
		return
	}
	if was, ok := l.hits[p]; !ok || (was == ByName && how != ByName) || how == ByPURL {
		l.hits[p] = how
	}
}

func (l *looking) report(r *cvd.Report) {
	l.left = maxLooked
	// Where the reporter was asked whose part it is, any name may be meant.
	l.words(string(r.ThirdParty), true)
	if !l.x.ours(r.Product) {
		l.words(r.Product, true)
	}
	for _, s := range slices.Concat([]string{r.Title}, r.URLs, []string{r.Description, r.Steps, r.Impact, r.ProposedFix}, r.Tools) {
		l.words(s, false)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Extra)) {
		l.words(string(r.Extra[name]), false)
	}
}

// purls finds package URLs in running text; a mark that ends a sentence is none
// of theirs.
var purls = regexp.MustCompile(`(?i)\bpkg:[a-z0-9.+-]+/[^\s"'<>(){}\[\],;|]+`)

var links = regexp.MustCompile(`(?i)\bhttps?://[^\s"'<>(){}\[\],;|]+`)

// words looks through one text. asked says that any name of a component counts
// here, and not only one that can hardly mean anything else.
func (l *looking) words(s string, asked bool) {
	s = s[:min(len(s), l.left)]
	l.left -= len(s)
	for _, found := range purls.FindAllString(s, -1) {
		if p, ok := sbom.ParsePURL(strings.TrimRight(found, ".:!?")); ok {
			l.hit(l.x.byKey[p.Key], ByPURL)
		}
	}
	for _, found := range links.FindAllString(s, -1) {
		for _, key := range packagesAt(strings.TrimRight(found, ".:!?")) {
			l.hit(l.x.byKey[key], ByURL)
		}
	}
	lower := strings.ToLower(s)
	for _, p := range l.x.spaced {
		if len(p.lower) >= 6 && strings.Contains(lower, p.lower) {
			l.hit(p, ByName)
		}
	}
	all := strings.FieldsFunc(lower, func(r rune) bool { return strings.ContainsRune(" \t\n\r,;()[]{}<>\"'`|", r) })
	for i, word := range all {
		next := ""
		if i+1 < len(all) {
			next = all[i+1]
		}
		l.word(strings.Trim(word, ".:!?/"), next, asked)
	}
}

var (
	versionLike = regexp.MustCompile(`^v?\d+(\.\d+)+`)
	// joined is a name with its version behind it: log4j-core-2.14.0.jar,
	// lodash@4.17.20, openssl/3.0.1.
	joined = regexp.MustCompile(`^(.+?)[-@_/]v?\d+\.\d.*$`)
)

// word looks up one word. A name alone counts where it was asked for, where it
// has a mark or a digit in it as no word of a sentence has, or where a version
// follows.
func (l *looking) word(word, next string, asked bool) {
	if len(word) < 3 {
		return
	}
	odd := strings.ContainsAny(word, "-_./@:0123456789")
	if odd {
		if parts := joined.FindStringSubmatch(word); parts != nil {
			l.names(parts[1])
		}
	}
	if asked || (odd && len(word) >= 4) || versionLike.MatchString(next) {
		l.names(word)
	}
}

func (l *looking) names(name string) {
	for _, p := range l.x.byName[name] {
		l.hit(p, ByName)
	}
}

// registries are where packages are looked at: the host, the path before the
// name, and the type of package URL.
var registries = []struct {
	host, path, kind string
	parts            int // of a name without a scope
}{
	{"npmjs.com", "/package/", "npm", 1},
	{"npmjs.org", "/package/", "npm", 1},
	{"pypi.org", "/project/", "pypi", 1},
	{"crates.io", "/crates/", "cargo", 1},
	{"rubygems.org", "/gems/", "gem", 1},
	{"packagist.org", "/packages/", "composer", 2},
	{"nuget.org", "/packages/", "nuget", 1},
	{"mvnrepository.com", "/artifact/", "maven", 2},
	{"github.com", "/", "github", 2},
	{"bitbucket.org", "/", "bitbucket", 2},
}

// packagesAt lists the keys of the packages that an address may be of. Nothing is
// fetched.
func packagesAt(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	var out []string
	add := func(kind, name string) {
		if p, ok := sbom.ParsePURL("pkg:" + kind + "/" + name); ok {
			out = append(out, p.Key)
		}
	}
	for _, reg := range registries {
		rest, ok := strings.CutPrefix(u.Path, reg.path)
		if host != reg.host || !ok {
			continue
		}
		names := strings.Split(strings.Trim(rest, "/"), "/")
		n := reg.parts
		if reg.kind == "npm" && strings.HasPrefix(rest, "@") {
			n = 2
		}
		if len(names) >= n {
			add(reg.kind, strings.TrimSuffix(strings.Replace(strings.Join(names[:n], "/"), "@", "%40", 1), ".git"))
		}
	}
	// A Go module is named by its address; a package of it lies below.
	path := strings.Trim(u.Path, "/")
	if host != "pkg.go.dev" {
		path = host + "/" + path
	}
	path, _, _ = strings.Cut(path, "@")
	for n := 0; path != "" && n < 8; n++ {
		add("golang", strings.TrimSuffix(path, ".git"))
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			break
		}
		path = path[:i]
	}
	return out
}
