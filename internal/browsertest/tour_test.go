package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"fairlead/examples"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/app/storybook"
)

// stop is one page in one state.
type stop struct {
	name string
	at   string // its address; empty for the page as it stands
	act  string // a script that leads to the state by a form of the page; empty for none
}

// submit is a script that fills in fields of the page and presses a button.
func submit(button string, fields ...string) string {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "for (const f of document.querySelectorAll('[name=%q]')) f.value = %q;", fields[i], fields[i+1])
	}
	return b.String() + fmt.Sprintf("document.querySelector(%q).click()", button)
}

// storyURL is the storybook, served for the test.
func storyURL(t *testing.T) string {
	t.Helper()
	handler, err := storybook.Handler(slog.New(slog.DiscardHandler), storybook.Shelves()...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// strangers are the pages that anybody and a reporter see, in every state. The
// receipt is that of a case.
func strangers(h house, receipt string) []stop {
	open := submit(`form[action^="/thread/open"] button`, "receipt", receipt)
	words := []string{"title", "Reset link works twice", "description", "It **signs in** again.\n\n```\ncurl x\n```\n"}
	return []stop{
		{"landing", h.URL + "/", ""},
		{"policy", h.URL + "/policy", ""},
		{"policy of old", h.URL + "/policy/versions/1", ""},
		{"differences", h.URL + "/policy/diff", ""},
		{"feedback", h.URL + "/policy/feedback", ""},
		{"feedback refused", "", submit("main form button")},
		{"performance", h.URL + "/performance", ""},
		{"advisories", h.URL + "/advisories", ""},
		{"no advisory found", h.URL + "/advisories?q=nothing-like-it", ""},
		{"nothing here", h.URL + "/no/such/page", ""},
		{"form, first step", h.URL + "/report", ""},
		{"form, second step", h.URL + "/report#step-2", ""},
		{"form, third step", h.URL + "/report#step-3", ""},
		{"form, whole", h.URL + "/report#whole", ""},
		{"form refused", h.URL + "/report", submit(".send button", "reporter.email", "nobody")},
		{"form previewed", h.URL + "/report", submit(`[name="step"]`, words...)},
		{"sent", h.URL + "/report", submit(".send button", words...)},
		{"look up", h.URL + "/thread", ""},
		{"wrong receipt", "", submit(`form[action^="/thread/open"] button`, "receipt", "no-such-receipt")},
		{"thread", h.URL + "/thread", open},
		{"message refused", h.URL + "/thread", submit(`form[action^="/thread/message"] button`)},
		{"message previewed", h.URL + "/thread", `document.querySelector("textarea[name^='text.']").value = "A **word**.";` + submit(`form[action^="/thread/message"] [name="step"]`)},
		{"details", h.URL + "/thread", submit(`button[formaction^="/thread/contact"]`)},
		{"withdraw", h.URL + "/thread", submit(`button[formaction^="/thread/withdraw"]`)},
		{"left", h.URL + "/thread", submit(`form[action^="/thread/leave"] button`)},
	}
}

// desk are the pages of the team, once signed in.
func desk(h house, id string) []stop {
	stops := []stop{{"signed in", h.SignIn, submit(`form[action="/desk/sign-in"] button`)}}
	for _, path := range []string{
		"/", "/cases/" + id, "/cases/" + id + "/do/validate", "/cases/" + id + "/advisory", "/components", "/mail", "/channels",
		"/outbox", "/policy", "/policy/1", "/policy/draft", "/team", "/invitations", "/me", "/me/passkeys", "/me/second", "/record", "/audit",
		"/?view=unowned&severity=high&q=nothing", "/cases/" + id + "?show=messages", "/cases/" + id + "?whole=yes",
	} {
		stops = append(stops, stop{"desk " + path, h.URL + "/desk" + path, ""})
	}
	choose := "document.querySelectorAll('#rows [name=case]').forEach((e) => e.click());"
	for _, act := range []string{"claim", "assign", "note"} {
		stops = append(stops, stop{act + " several cases", h.URL + "/desk/", choose + submit(`.batch [value="`+act+`"]`)})
	}
	return append(stops, stop{"a note on several cases refused", "", "document.querySelector('[name=note]').required = false;" + submit(`[value="do"]`)})
}

// send has the house take a report by its interface for programs.
func send(t *testing.T, h house) (id, receipt string) {
	t.Helper()
	res, err := http.Post(h.URL+"/api/v1/reports", "application/json", strings.NewReader(`{"title": "Export of one account", "description": "It holds another's rows.\n\n- one\n- two", "product": "Northlake Records", "disclosure_plan": "A talk in June"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct{ Case, Receipt string }
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Receipt == "" {
		t.Fatalf("%d: %v", res.StatusCode, err)
	}
	return out.Case, out.Receipt
}

// answerTimeout is how long a page may take to follow an act.
const answerTimeout = 20 * time.Second

// visit goes to a stop. What a page answers to an act is waited for.
func (p person) visit(s stop) {
	p.t.Helper()
	if s.at != "" {
		// A fragment alone would not load the page again.
		p.goTo("about:blank")
		p.goTo(s.at)
		if strings.HasPrefix(s.name, "desk ") {
			p.must("performance.getEntriesByType('navigation')[0].responseStatus === 200") // and not the page that says that there is none
		}
	}
	if s.act != "" {
		ctx, stop := context.WithTimeout(p.ctx, answerTimeout)
		defer stop()
		if _, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](s.act)); err != nil {
			p.t.Fatalf("%s: nothing answers %s: %v", s.name, s.act, err)
		}
	}
}

// seen is how a page is looked at.
type seen struct {
	width int64
	dark  bool
}

var sights = []seen{{1280, false}, {1280, true}, {320, false}, {320, true}}

func (p person) look(s seen) {
	p.t.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[s.dark]
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err == nil {
		err = chromedp.Do(p.ctx, chromedp.EmulateViewport(s.width, 900))
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// judge is what axe-core finds on the page as it stands, and whether it scrolls
// sideways.
const judge = `(async () => {
	document.querySelector(".stays")?.closest("form").scrollIntoView({block: "end"}); // at its place it lies on nothing that is only scrolled by
	const found = (await axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}, resultTypes: ["violations"]})).violations
		.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join("; "));
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth + 1) found.push("scrolls sideways: " + [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 3).map((e) => e.tagName + "." + e.className).join(", "));
	for (const d of document.querySelectorAll("dialog[open]")) if (d.scrollWidth > d.clientWidth + 1) found.push("dialog " + d.id + " is cut off: " + d.scrollWidth + " px in " + d.clientWidth);
	return found;
})()`

// TestNobodyIsShutOut has axe-core look at every page in every state, in both
// themes, on a wide and on a narrow screen, and in each language on a narrow one; the desk in
// other languages only with FAIRLEAD_TEST_LONG.
func TestNobodyIsShutOut(t *testing.T) {
	t.Parallel()
	_, installed := advisorytest.FromNPM(t, "axe-core")
	axe, err := os.ReadFile(filepath.Join(installed, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, member := people(t)
	h := furnished(t)
	id, receipt := send(t, h)
	if _, err := chromedp.Call(member.ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	story := storyURL(t)
	stops := append([]stop{{"storybook", story, ""}, {"storybook, light", story + "/?theme=light", ""}, {"storybook, dark", story + "/?theme=dark", ""}, {"storybook, desk", story + "/?desk=yes", ""}}, strangers(h, receipt)...)
	stops = append(stops, desk(h, id)...)
	member.judge(string(axe), stops, sights)
	// The words are longer or shorter in other languages, and are marked as theirs.
	short := os.Getenv("FAIRLEAD_TEST_LONG") == ""
	stops = slices.DeleteFunc(stops, func(s stop) bool { return short && strings.HasPrefix(s.name, "desk ") || s.at == h.SignIn })
	for _, lang := range []string{"de", "fr"} {
		member.speaks(lang)
		member.goTo(h.URL + "/desk/")
		if !member.is("document.documentElement.lang === '" + lang + "'") {
			t.Fatalf("the desk is not in %s", lang)
		}
		member.judge(string(axe), stops, sights[3:])
	}
}

// speaks has the browser ask for a language.
func (p person) speaks(lang string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}}); err != nil {
		p.t.Fatal(err)
	}
}

func (p person) judge(axe string, stops []stop, sights []seen) {
	p.t.Helper()
	for _, s := range stops {
		p.visit(s)
		if err := chromedp.Do(p.ctx, chromedp.Evaluate[chromedp.Void](axe+";0")); err != nil {
			p.t.Fatalf("%s: %v", s.name, err)
		}
		for _, sight := range sights {
			p.look(sight)
			found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](judge, chromedp.EvalAwaitPromise))
			if err != nil {
				p.t.Fatalf("%s: %v", s.name, err)
			}
			for _, one := range found {
				p.t.Errorf("%s, %d px, dark %v: %s", s.name, sight.width, sight.dark, one)
			}
		}
	}
}

// cookie is what the person's browser would send to the house.
func (p person) cookie(origin string) string {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{origin}})
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, c := range got.Cookies {
		out = append(out, c.Name+"="+c.Value)
	}
	return strings.Join(out, "; ")
}

// TestPagesAreValidHTML has html-validate judge the pages as they are sent, in
// every language.
func TestPagesAreValidHTML(t *testing.T) {
	folder, _ := advisorytest.FromNPM(t, "html-validate")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node (on Debian: apt-get install nodejs)")
	}
	_, member := people(t)
	h := furnished(t)
	id, receipt := send(t, h)
	pages := map[string]string{}
	keep := func(name, lang, method, address, cookies string, form url.Values) {
		req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept-Language", lang)
		req.Header.Set("Cookie", cookies)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 500 || strings.HasPrefix(name, "desk ") && res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", name, res.StatusCode, err)
		}
		pages[lang+", "+name] = string(b)
	}
	member.visit(stop{"", h.URL + "/thread", submit(`form[action^="/thread/open"] button`, "receipt", receipt)})
	member.visit(desk(h, id)[0])
	cookies, story := member.cookie(h.URL), storyURL(t)
	words := url.Values{"title": {"Twice"}, "description": {"It **signs in** again."}, "step": {"preview"}}
	for _, lang := range []string{"en", "de", "fr"} {
		for _, s := range append(strangers(h, receipt), desk(h, id)[1:]...) {
			if s.at != "" && s.act == "" {
				keep(s.name, lang, http.MethodGet, s.at, cookies, nil)
			}
		}
		keep("storybook", lang, http.MethodGet, story, "", nil)
		keep("storybook, desk", lang, http.MethodGet, story+"/?desk=yes", "", nil)
		keep("thread", lang, http.MethodGet, h.URL+"/thread", cookies, nil)
		keep("no receipt yet", lang, http.MethodGet, h.URL+"/thread", "", nil)
		keep("refused", lang, http.MethodPost, h.URL+"/report", "", url.Values{"cwe": {"XSS"}})
		keep("previewed", lang, http.MethodPost, h.URL+"/report", "", words)
		keep("sent", lang, http.MethodPost, h.URL+"/report", "", url.Values{"description": {"It signs in again."}})
		keep("details", lang, http.MethodPost, h.URL+"/thread/contact", cookies, url.Values{"case": {id}})
		keep("withdraw", lang, http.MethodPost, h.URL+"/thread/withdraw", cookies, url.Values{"case": {id}})
		keep("message refused", lang, http.MethodPost, h.URL+"/thread/message", cookies, url.Values{"case": {id}})
	}
	validate(t, node, folder, pages)
}

// validate has html-validate, which is installed in folder, judge pages by their names.
func validate(t *testing.T, node, folder string, pages map[string]string) {
	t.Helper()
	given, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "../../scripts/validate-html.mjs", folder)
	cmd.Stdin = strings.NewReader(string(given))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); lines[0] != "" {
		slices.Sort(lines)
		t.Errorf("%d faults:\n%s", len(lines), strings.Join(lines[:min(len(lines), 60)], "\n"))
	}
}

// figures is what a browser measures of a page.
type figures struct {
	Shift  float64
	Moved  []string
	Bytes  int
	Others []string
}

const measure = `(async () => {
	const moved = [];
	const shifts = await new Promise((done) => {
		let sum = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) {
			sum += e.value;
			for (const {node, previousRect: a, currentRect: b} of e.sources)
				moved.push((node?.cloneNode(false).outerHTML ?? node?.nodeValue ?? "gone") + [a, b].map((r) => " " + [r.x, r.y, r.width, r.height].join(",")).join(" to"));
		} }).observe({type: "layout-shift", buffered: true});
		setTimeout(() => done(sum), 300);
	});
	const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
	return {Shift: shifts, Moved: moved, Bytes: all.reduce((n, e) => n + e.encodedBodySize, 0), Others: all.map((e) => e.name).filter((name) => new URL(name).origin !== location.origin)};
})()`

// TestPagesAreLightAndStill: a stranger's page is at most 30 KB with all that it
// loads, asks nobody else for anything, and nothing moves while it loads; nor does
// the queue of the desk, even where its script comes late.
func TestPagesAreLightAndStill(t *testing.T) {
	_, member := people(t)
	member.paintsFirst()
	h := furnished(t)
	id, receipt := send(t, h)
	for _, sight := range []seen{{1280, false}, {390, false}} {
		for _, s := range strangers(h, receipt) {
			member.weigh(s, sight, 30<<10)
		}
	}
	for _, sight := range []seen{{1280, false}, {390, false}} {
		for _, s := range desk(h, id)[:3] {
			if s.at != h.SignIn || sight.width == 1280 { // the link signs in once
				member.weigh(s, sight, 1<<20)
			}
		}
	}
}

// paintsFirst keeps the desk's script back until the page is painted without it, as a slow
// line does. The stranger's scripts stand before what they change and hold the painting up.
func (p person) paintsFirst() {
	p.t.Helper()
	held := chromedp.Events(p.ctx, fetch.RequestPaused)
	_, err := chromedp.Call(p.ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/desk*.js"}}})
	if err != nil {
		p.t.Fatal(err)
	}
	const painted = `new Promise((done) => new PerformanceObserver(() => done(true)).observe({type: "paint", buffered: true}))`
	go func() {
		for one, err := range held {
			if err != nil {
				return
			}
			_, err1 := chromedp.Run(p.ctx, chromedp.Evaluate[bool](painted, chromedp.EvalAwaitPromise))
			_, err2 := chromedp.Call(p.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: one.RequestID})
			if err := errors.Join(err1, err2); err != nil && p.ctx.Err() == nil {
				p.t.Errorf("a script is held for good: %v", err)
			}
		}
	}()
}

func (p person) weigh(s stop, sight seen, most int) {
	p.t.Helper()
	p.look(sight)
	p.visit(s)
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[figures](measure, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", s.name, err)
	}
	if got.Bytes > most || got.Bytes == 0 {
		p.t.Errorf("%s: %d bytes over the wire, at most %d", s.name, got.Bytes, most)
	}
	if len(got.Others) > 0 {
		p.t.Errorf("%s asks elsewhere: %v", s.name, got.Others)
	}
	if got.Shift != 0 {
		p.t.Errorf("%s, %d px: what stands on it moves while it loads: %g\n%s", s.name, sight.width, got.Shift, strings.Join(got.Moved, "\n"))
	}
}

// furnished is a running demo with its invented cases.
func furnished(t *testing.T) house {
	t.Helper()
	return start(t, false, examples.SignedPolicy)
}
