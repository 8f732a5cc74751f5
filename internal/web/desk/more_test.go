package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/store"
	"fairlead/internal/tell"
	"fairlead/internal/web/webtest"
)

func request(method, path, form string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func filter() casework.Filter { return casework.Filter{Sort: casework.ByCreated} }

// Who comes where: a digit of status a route. What is closed to somebody reads
// as what does not exist.
func TestWhoComesWhere(t *testing.T) {
	h := house(t)
	named, other := h.Receive(full()).Case, h.Receive(full()).Case
	h.Do(h.Lead, named, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	routes := []string{
		"/desk/", "/desk/cases/" + string(named), "/desk/cases/" + string(other), "/desk/cases/" + string(named) + "/do/note",
		"/desk/cases/" + string(named) + "/do/validate", "/desk/cases/" + string(named) + "/do/forget", "/desk/record", "/desk/policy", "/desk/policy/1",
		"/desk/team", "/desk/team/" + h.Lead.ID, "/desk/outbox", "/desk/audit", "/desk/me", "/desk/components", "/desk/mail",
	}
	for _, c := range []struct{ who, want string }{
		{"lead", "200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200"},
		{"member", "200 200 200 200 200 404 200 200 200 200 404 200 404 200 200 200"},
		{"fixer", "200 200 404 200 404 404 404 404 404 404 404 404 404 200 200 404"},
		{"officer", "303 404 404 404 404 404 404 200 200 404 404 404 404 200 404 404"},
		{"auditor", "200 200 200 404 404 404 404 200 200 200 404 200 200 200 200 200"},
		{"reporter", "303 303 303 303 303 303 303 303 303 303 303 303 303 303 303 303"},
		{"stranger", "303 303 303 303 303 303 303 303 303 303 303 303 303 303 303 303"},
	} {
		b := h.Browser()
		switch c.who {
		case "stranger":
		case "reporter":
			b.SetCookie("fairlead-desk", reporterToken(h))
		default:
			b = in(h, c.who+"@example.org")
		}
		var got []string
		missing := ""
		for _, path := range routes {
			a := b.Get(path)
			got = append(got, strconv.Itoa(a.Status))
			if a.Status == http.StatusNotFound {
				if body := here.ReplaceAllString(a.Body, ""); missing == "" {
					missing = body
				} else if body != missing {
					t.Errorf("%s: %s is told apart from other missing pages", c.who, path)
				}
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.who, s, c.want)
		}
	}
}

// A wrong method is told only to whom the right one is open; what exists behind
// the address is told to nobody.
func TestWrongMethod(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	for _, c := range []struct{ who, method, path, allow string }{
		{"lead", "DELETE", "/desk/cases/" + id, "GET, HEAD"},
		{"fixer", "DELETE", "/desk/cases/" + id, "GET, HEAD"},
		{"fixer", "DELETE", "/desk/cases/NL-2026-2222222", "GET, HEAD"},
		{"lead", "GET", "/desk/policy/1/sign", "POST"},
		{"lead", "PUT", "/desk/record", "GET, HEAD, POST"},
		{"auditor", "PUT", "/desk/record", ""},
		{"officer", "DELETE", "/desk/cases/" + id, ""},
		{"member", "PUT", "/desk/team", "GET, HEAD"},
		{"fixer", "GET", "/desk/outbox/retry", ""},
		{"lead", "DELETE", "/desk/nothing", ""},
	} {
		want := http.StatusMethodNotAllowed
		if c.allow == "" {
			want = http.StatusNotFound
		}
		a := in(h, c.who+"@example.org").Send(httptest.NewRequest(c.method, c.path, nil))
		if a.Status != want || a.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s by the %s: %d, Allow %q", c.method, c.path, c.who, a.Status, a.Header.Get("Allow"))
		}
		whole(t, c.path, a)
	}
	h.Browser().Send(httptest.NewRequest("DELETE", "/desk/cases/"+id, nil)).Check(h, http.StatusSeeOther)
}

// A long outbox is read page by page, and nothing is left out or shown twice.
func TestOutboxPages(t *testing.T) {
	h := house(t)
	const reports = 120 // each tells the team and the reporter
	for range reports {
		h.Receive(full())
	}
	// Mails that were sorted are no news to anybody, however many there are.
	if err := h.Store.Update(context.Background(), func(tx store.Tx) error {
		var done []store.Effect
		for i := range 300 {
			done = append(done, store.Effect{State: store.EffectDone, Effect: cvd.Effect{Key: fmt.Sprintf("mail/%d", i), Kind: cvd.EffectSortMail, At: h.Now()}})
		}
		return tx.Enqueue(done)
	}); err != nil {
		t.Fatal(err)
	}
	b := in(h, "lead@example.org")
	if a := b.Get("/desk/outbox?state=done").Check(h, http.StatusOK); strings.Contains(a.Body, "A mail to be sorted") {
		t.Error("the outbox lists mails that were sorted")
	}
	seen := map[string]int{}
	rows := regexp.MustCompile(`<a class="mono" href="/desk/cases/([^"]+)"`)
	path, pages := "/desk/outbox?state=pending", 0
	for path != "" && pages < 10 {
		a := b.Get(path).Check(h, http.StatusOK)
		whole(t, path, a)
		found := rows.FindAllStringSubmatch(a.Body, -1)
		for _, m := range found {
			seen[m[1]]++
		}
		if pages++; len(found) > 100 {
			t.Errorf("%d on one page", len(found))
		}
		path = ""
		if m := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(a.Body); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	if len(seen) != reports || pages != 3 {
		t.Errorf("%d cases on %d pages", len(seen), pages)
	}
	for id, n := range seen {
		if n != 2 {
			t.Errorf("%s is listed %d times", id, n)
		}
	}
	b.Get("/desk/outbox?after="+url.QueryEscape("<nonsense>")).Check(h, http.StatusOK)
}

// here is the mark of the part one is in, which follows from the address alone.
var here = regexp.MustCompile(` aria-current="page"`)

// reporterToken is the session of somebody who showed a receipt.
func reporterToken(h *webtest.House) string {
	h.T.Helper()
	actor, err := h.Auth.Receipt(context.Background(), h.Receive(full()).Receipt)
	if err != nil {
		h.T.Fatal(err)
	}
	s, err := h.Auth.StartReporter(context.Background(), actor)
	if err != nil {
		h.T.Fatal(err)
	}
	return s.Token
}

// What a role may not do, it cannot do by posting either.
func TestNobodyPostsBeyondTheirRole(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	for _, c := range []struct{ who, path string }{
		{"auditor", "/desk/cases/" + id + "/do/note"},
		{"auditor", "/desk/outbox/retry"},
		{"fixer", "/desk/cases/" + id + "/do/note"},
		{"officer", "/desk/cases/" + id + "/do/claim"},
		{"officer", "/desk/record"},
		{"member", "/desk/team"},
		{"member", "/desk/team/" + h.Member.ID},
		{"member", "/desk/team/" + h.Lead.ID + "/link"},
		{"member", "/desk/policy/1/sign"},
		{"lead", "/desk/policy/1/sign"},
		{"member", "/desk/cases/" + id + "/do/erase"},
	} {
		a := in(h, c.who+"@example.org").Post(c.path, url.Values{
			"step": {"do"}, "note": {"x"}, "reason": {"x"}, "name": {"x"}, "email": {"x@example.org"}, "roles": {"lead"}, "active": {"yes"}, "read": {"yes"},
		})
		if a.Status != http.StatusNotFound {
			t.Errorf("%s posts to %s: %d", c.who, c.path, a.Status)
		}
	}
	if c := state(h, cvd.CaseID(id)); c.Version != 1 {
		t.Errorf("the case moved to %d", c.Version)
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=y>'&`

// Whatever strangers and members write comes back as text, everywhere.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func TestWordsStayText(t *testing.T) {
	h := house(t)
	r := full()
	for _, s := range []*string{&r.Title, &r.Product, &r.Version, &r.Description, &r.Steps, &r.Impact, &r.ProposedFix, &r.FoundAt, &r.DisclosurePlan, &r.OwnID} {
		*s = hostile
	}
	r.URLs, r.Tools = cvd.Lines{"javascript:alert(1)", hostile}, cvd.Lines{hostile}
	r.AIUse, r.Exploited, r.Public, r.ThirdParty = hostile, hostile, hostile, hostile
	r.Extra = cvd.Extra{hostile: raw(hostile), "b": raw([]any{hostile, map[string]any{hostile: 7}})}
	r.Reporter = &cvd.Contact{Name: hostile, Email: "a@example.org", Affiliation: hostile, Title: hostile, Credit: cvd.Credit{Wanted: "name", As: hostile}, ContactShareable: hostile, PGPKey: hostile}
	id := h.Receive(r).Case
	b := in(h, "lead@example.org")
	h.Do(h.Lead, id, cvd.VerbAsk, cvd.Input{Missing: []string{hostile}, Text: hostile, Note: hostile})
	h.Do(h.Lead, id, cvd.VerbHandOn, cvd.Input{To: hostile, Reason: hostile})
	if err := h.Book.Suggest(context.Background(), hostile); err != nil {
		t.Fatal(err)
	}
	other := h.Receive(r).Case
	at := "/desk/cases/" + string(other) + "/do/"
	pages := map[string]*webtest.Answer{
		"queue": b.Get("/desk/"), "closed": b.Get("/desk/?view=closed"), "case": b.Get("/desk/cases/" + string(id)), "outbox": b.Get("/desk/outbox"),
		"policy": b.Get("/desk/policy"), "contact": b.Get(at + "contact"), "sign-in": h.Browser().Get("/desk/sign-in?" + url.Values{"next": {hostile}}.Encode()),
		"link": h.Browser().Post("/desk/sign-in", url.Values{"next": {hostile}, "link": {hostile}}), "invitation": h.Browser().Post("/desk/sign-in", url.Values{"link": {hostile + "code=" + hostile}}),
		"preview": b.Follow(b.Post(at+"ask", url.Values{"step": {"preview"}, "missing_more": {hostile}, "text": {hostile}, "note": {hostile}})),
		"form":    b.Post(at+"defer", url.Values{"step": {"edit"}, "reason": {hostile}, "text": {hostile}, "note": {hostile}}),
		"record":  b.Post("/desk/record", url.Values{"description": {hostile}, "title": {hostile}, "reporter.name": {hostile}, "received_at": {hostile}, "channel": {hostile}}),
		"member":  b.Post("/desk/team", url.Values{"name": {hostile}, "email": {hostile}, "qualification": {hostile}, "roles": {hostile}}),
		"token":   b.Post("/desk/me/tokens", url.Values{"name": {hostile}, "scopes": {"all"}}),
		"source":  b.Upload("/desk/policy", url.Values{"source": {hostile}}),
	}
	for name, a := range pages {
		whole(t, name, a)
		if strings.Contains(a.Body, "<img") || strings.Contains(a.Body, `href="javascript:`) {
			t.Errorf("%s renders what was typed", name)
		}
	}
	for _, name := range []string{"queue", "case", "preview", "form", "record"} {
		if !strings.Contains(pages[name].Body, "&lt;script&gt;") {
			t.Errorf("%s does not show what was typed", name)
		}
	}
}

// chief is the browser of whoever holds the second office.
func chief(h *webtest.House) *webtest.Browser {
	h.T.Helper()
	h.Add("Cleo Chief", "chief@example.org", []string{"Chief Executive Officer"}, cvd.RoleOfficer)
	return in(h, "chief@example.org")
}

// Officers read the waiting version, each signs it for one office, and it takes effect
// with the last signature.
func TestPolicyIsSignedInTheBrowser(t *testing.T) {
	h := house(t)
	lead, officer := in(h, "lead@example.org"), in(h, "officer@example.org")
	source := string(h.Book.Current().Source)
	bad := lead.Upload("/desk/policy", nil, webtest.File{Field: "file", Name: "p.yaml", Content: strings.Replace(source, "classification: public", "classificatoin: public", 1)})
	bad.Check(h, http.StatusUnprocessableEntity)
	whole(t, "faults", bad)
	if !strings.Contains(bad.Text(), "5:1 classificatoin") {
		t.Errorf("no line is named: %.500s", bad.Text())
	}
	a := lead.Upload("/desk/policy", nil, webtest.File{Field: "file", Name: "p.yaml", Content: strings.Replace(source, `revision: "1.0"`, `revision: "1.1"`, 1)})
	if got := a.Check(h, http.StatusSeeOther).Header.Get("Location"); got != "/desk/policy/2" {
		t.Fatalf("led to %s", got)
	}
	whole(t, "waiting", lead.Get("/desk/policy/2"))
	if d := lead.Get("/desk/policy/diff?from=1&to=2"); !strings.Contains(d.Body, "1.1") {
		t.Error("the difference is not shown")
	}
	for i, officer := range []*webtest.Browser{officer, chief(h)} {
		page := officer.Get("/desk/policy/2").Check(h, http.StatusOK)
		form := officer.Form(page, "/desk/policy/2/sign")
		form.Set("note", "read twice")
		if back := officer.Post("/desk/policy/2/sign", form).Check(h, http.StatusUnprocessableEntity); !strings.Contains(back.Body, "read twice</textarea>") || !strings.Contains(back.Body, `aria-invalid="true"`) {
			t.Error("without the tick, the note is lost")
		}
		form.Set("read", "yes")
		officer.Post("/desk/policy/2/sign", form).Check(h, http.StatusSeeOther)
		if i > 0 {
			continue
		}
		// One who holds both offices signs for one of them.
		spent := officer.Get("/desk/policy/2").Check(h, http.StatusOK)
		whole(t, "spent", spent)
		if !strings.Contains(spent.Text(), "You signed this version for another office") || strings.Contains(spent.Body, `action="/desk/policy/2/sign"`) {
			t.Errorf("they may sign again: %s", spent.Text())
		}
		form.Set("office", "Chief Executive Officer")
		form.Set("act", "approved")
		officer.Post("/desk/policy/2/sign", form).Check(h, http.StatusConflict)
	}
	if got := h.Book.Current().Number; got != 2 {
		t.Errorf("version %d is in effect", got)
	}
	if got := lead.Get("/desk/policy/2/source").Check(h, http.StatusOK); got.Body != string(h.Book.Current().Source) {
		t.Error("the file is not what was published")
	}
	whole(t, "policies", officer.Get("/desk/policy"))
}

// A lead adds a member, hands the link over, and takes the member out again.
func TestTeam(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	form := b.Form(b.Get("/desk/team"), "/desk/team")
	form.Set("name", "Nora New")
	form.Set("email", "nora@example.org")
	form["roles"] = []string{"member"}
	a := b.Post("/desk/team", form).Check(h, http.StatusOK)
	whole(t, "link", a)
	link := regexp.MustCompile(`/desk/sign-in#link=[\w-]+`).FindString(a.Body)
	before := b.Get("/desk/team").Check(h, http.StatusOK)
	whole(t, "team with somebody invited", before)
	if !strings.Contains(before.Text(), "Invited, not signed in yet") || !strings.Contains(before.Text(), "2 active members work cases") {
		t.Errorf("whoever never came is one of those who work: %s", before.Text())
	}
	nora := h.Browser()
	nora.Post("/desk/sign-in", url.Values{"link": {link}}).Check(h, http.StatusSeeOther)
	nora.Get("/desk/").Check(h, http.StatusOK)
	if after := b.Get("/desk/team").Check(h, http.StatusOK).Text(); strings.Contains(after, "not signed in yet") || !strings.Contains(after, "3 active members work cases") {
		t.Errorf("whoever came is not one of those who work: %s", after)
	}
	members, err := h.Auth.Members(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if m.Email != "nora@example.org" {
			continue
		}
		edit := "/desk/team/" + m.ID
		form := b.Form(b.Get(edit), edit)
		if form.Get("active") != "yes" || form.Get("roles") != "member" {
			t.Fatalf("the form shows %v", form)
		}
		form.Del("active")
		b.Post(edit, form).Check(h, http.StatusSeeOther)
	}
	nora.Get("/desk/").Check(h, http.StatusSeeOther)
	whole(t, "team", b.Get("/desk/team?done=changed"))
}

func TestOwnAccount(t *testing.T) {
	h := house(t)
	b, elsewhere := in(h, "member@example.org"), in(h, "member@example.org")
	a := b.Post("/desk/me/tokens", url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}, "machine": {"yes"}}).Check(h, http.StatusOK)
	secret := regexp.MustCompile(`fl_[\w-]{43}`).FindString(a.Body)
	actor, err := h.Auth.Token(context.Background(), secret)
	if err != nil || actor.Kind != cvd.ActorMachine {
		t.Fatalf("%q opens %v, %v", secret, actor, err)
	}
	me := b.Get("/desk/me")
	whole(t, "me", me)
	if strings.Contains(me.Body, secret) {
		t.Error("a token is shown twice")
	}
	none := b.Post("/desk/me/tokens", url.Values{"name": {"unticked"}, "days": {"30"}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "no scope", none)
	for ticked, want := range map[string]int{"all": 0, "cases:read": 1, "cases:read all": 1} {
		a := b.Post("/desk/me/tokens", url.Values{"name": {"ticked"}, "scopes": strings.Fields(ticked)}).Check(h, http.StatusOK)
		if actor, err := h.Auth.Token(context.Background(), regexp.MustCompile(`fl_[\w-]{43}`).FindString(a.Body)); err != nil || len(actor.Scopes) != want {
			t.Errorf("%q makes a token for %v, %v", ticked, actor.Scopes, err)
		}
	}
	for _, want := range []string{"An API token was made that acts in your name.", "Your password was set."} {
		if !strings.Contains(me.Text(), want) {
			t.Errorf("the own page does not say: %s", want)
		}
	}
	if taken := b.Post("/desk/me/profile", url.Values{"name": {h.Lead.Name}}).Check(h, http.StatusUnprocessableEntity); !strings.Contains(taken.Text(), "looks like the name of another member") {
		t.Errorf("a colleague's name: %s", taken.Text())
	}
	b.Post("/desk/me/tokens/revoke", b.Form(me, "/desk/me/tokens/revoke")).Check(h, http.StatusSeeOther)
	if _, err := h.Auth.Token(context.Background(), secret); err == nil {
		t.Error("a revoked token works")
	}
	for range 2 { // the one elsewhere, and the one by which the password was set
		b.Post("/desk/me/sessions", b.Form(b.Get("/desk/me"), "/desk/me/sessions")).Check(h, http.StatusSeeOther)
	}
	elsewhere.Get("/desk/").Check(h, http.StatusSeeOther)
	bad := b.Post("/desk/me/password", url.Values{"current": {"wrong"}, "password": {"short"}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "password", bad)
	if strings.Contains(bad.Body, `value="short"`) {
		t.Error("a password is echoed")
	}
	b.Post("/desk/me/profile", url.Values{"name": {"Milo M."}, "away": {"yes"}}).Check(h, http.StatusSeeOther)
	if m, _ := h.Auth.Member(context.Background(), h.Member.ID); !m.Away || m.Name != "Milo M." {
		t.Errorf("stored %+v", m)
	}
}

// Where personal data was seen, a file is no link to those who may not open it,
// and refused to them.
func TestPrivateFile(t *testing.T) {
	h := house(t)
	r := full()
	r.SensitiveDataSeen = "yes"
	id := h.Receive(r).Case
	_, err := h.Desk.As(h.Lead).Attach(context.Background(), id, "patients.csv", strings.NewReader("x"), cvd.Input{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := h.Desk.As(h.Lead).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	path := "/desk/cases/" + string(id) + "/files/" + f.Events[len(f.Events)-1].Body.File.Blob
	for who, want := range map[string]int{"lead": http.StatusOK, "member": http.StatusNotFound, "auditor": http.StatusNotFound} {
		b := in(h, who+"@example.org")
		b.Get(path).Check(h, want)
		page := b.Get("/desk/cases/" + string(id))
		whole(t, who, page)
		if linked := strings.Contains(page.Body, path); linked != (want == http.StatusOK) {
			t.Errorf("%s: a link is shown: %v", who, linked)
		}
		if !strings.Contains(page.Text(), "PIPEDA") {
			t.Errorf("%s: the duties that the policy names are not shown", who)
		}
	}
}

// Words exist for whatever a verb takes, an effect goes to, or an audit records.
func TestEveryWordOfTheDesk(t *testing.T) {
	v := house(t).Site.Voice(nil)
	var ids []string
	for _, spec := range rule.Specs {
		for _, name := range spec.Takes {
			if name != "contact" {
				ids = append(ids, "desk.field."+name)
			}
		}
	}
	for _, to := range []string{"reporter", tell.ToAssignee, tell.ToOnDuty, tell.ToOther, tell.ToTeam, tell.ToLead, tell.ToOfficers, tell.ToReport} {
		ids = append(ids, "desk.to."+to)
	}
	for _, act := range auth.Acts {
		ids = append(ids, "desk.audit."+string(act))
	}
	for _, role := range cvd.Roles {
		ids = append(ids, "desk.role."+string(role), "desk.role."+string(role)+".text")
	}
	for _, rm := range []cvd.RM{cvd.RMReceived, cvd.RMInvalid, cvd.RMValid, cvd.RMDeferred, cvd.RMAccepted, cvd.RMClosed} {
		ids = append(ids, "desk.move."+string(rm))
	}
	for _, id := range ids {
		if !v.Has(id) {
			t.Errorf("%s is missing", id)
		}
	}
}

// A new receipt is shown once, and the old one is dead.
func TestReissue(t *testing.T) {
	h := house(t)
	got := h.Receive(full())
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(got.Case) + "/do/reissue"
	a := b.Post(path, url.Values{"step": {"do"}, "reason": {"Called back on the known number."}}).Check(h, http.StatusOK)
	whole(t, "reissue", a)
	fresh := regexp.MustCompile(`(?:[a-z]+-){6}[a-z]+`).FindString(a.Body)
	if _, err := h.Auth.Receipt(context.Background(), fresh); err != nil || fresh == got.Receipt {
		t.Errorf("the new receipt opens nothing: %v", err)
	}
	if _, err := h.Auth.Receipt(context.Background(), got.Receipt); err == nil {
		t.Error("the old receipt still works")
	}
}

// Of a promise that was moved the date that counts now comes first.
func TestAMovedClockShowsTheDateToldNow(t *testing.T) {
	h := house(t)
	a := h.Receive(cvd.Report{})
	h.Pass(5 * 24 * time.Hour)
	b := in(h, "lead@example.org")
	f, err := h.Desk.As(h.Lead).Case(context.Background(), a.Case)
	if err != nil {
		t.Fatal(err)
	}
	voice, zone := h.Site.Voice(nil), h.Site.Zone()
	moved := 0
	text := b.Get("/desk/cases/" + string(a.Case)).Text()
	for _, k := range f.Case.Clocks {
		if k.Running() && !k.Expected.IsZero() && !k.Expected.Equal(k.Due) {
			moved++
			want := voice.Instant(k.Told(), zone) + "The date told first: " + voice.Instant(k.Due, zone)
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in %s", k.Kind, want, text)
			}
		}
	}
	if moved == 0 {
		t.Error("no clock was moved")
	}
}

// The answer that shows a secret, loaded anew, makes no second token that works.
func TestReloadMakesNoSecondToken(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	form := b.Form(b.Get("/desk/me").Check(h, http.StatusOK), "/desk/me/tokens")
	form.Set("name", "scanner")
	form.Set("scopes", "all")
	made := b.Post("/desk/me/tokens", form).Check(h, http.StatusOK)
	again := b.Post("/desk/me/tokens", form).Check(h, http.StatusConflict)
	whole(t, "again", again)
	if !strings.Contains(made.Body, "fl_") || strings.Contains(again.Body, `class="receipt"`) || !strings.Contains(again.Text(), "This token was made already") {
		t.Errorf("a repeat says %s", again.Text())
	}
	if list, err := h.Auth.Tokens(context.Background(), h.Lead); err != nil || len(list) != 1 {
		t.Errorf("%d tokens, %v", len(list), err)
	}
	h.Pass(time.Second)
	form = b.Form(b.Get("/desk/me").Check(h, http.StatusOK), "/desk/me/tokens") // asked for anew, it is no repeat
	form.Set("name", "scanner")
	form.Set("scopes", "all")
	b.Post("/desk/me/tokens", form).Check(h, http.StatusOK)
}
