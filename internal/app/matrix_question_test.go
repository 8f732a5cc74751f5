package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"fairlead/examples"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/auth/passkey/passkeytest"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/inbox"
	"fairlead/internal/pgp"
)

// question is what an address is asked for with.
type question struct {
	path  map[string]string // the values of the address
	query url.Values
	form  url.Values
	json  map[string]any
	text  string // the body as it is
	file  string // the body is the form, with these bytes as a file
	host  string // if not that of the origin
}

// asker fills a question about a subject; what it names is there, is somebody else's, or
// is not there, as the subject.
type asker func(m *matrix, s subject, c caller, q *question)

// set is an asker that sends the same whatever is asked for.
func set(pairs ...string) asker {
	return func(_ *matrix, _ subject, _ caller, q *question) {
		for i := 0; i < len(pairs); i += 2 {
			q.form.Set(pairs[i], pairs[i+1])
			q.json[pairs[i]] = pairs[i+1]
		}
	}
}

// named sends one value as a field of a form, made for the request.
func named(field string, value func(m *matrix, s subject, c caller) string) asker {
	return func(m *matrix, s subject, c caller, q *question) { q.form.Set(field, value(m, s, c)) }
}

func placed(name string, value func(m *matrix, s subject, c caller) string, also ...asker) asker {
	return func(m *matrix, s subject, c caller, q *question) {
		q.path[name] = value(m, s, c)
		for _, one := range also {
			one(m, s, c, q)
		}
	}
}

func asked(name, value string) asker {
	return func(_ *matrix, _ subject, _ caller, q *question) { q.query.Set(name, value) }
}

func unsorted(m *matrix, s subject, _ caller) string {
	return m.of(s, "mail", func() string { return m.stand(s, inbox.Unsorted) })
}

func invitation(m *matrix, s subject, _ caller) string { return m.invitationOf(s) }

func somebody(_ *matrix, s subject, _ caller) string { return s.member.ID }

func onShelf(_ *matrix, s subject, _ caller, q *question) { q.query.Set("shelf", string(s.shelf)) }

// newcomer is somebody whom nobody knows yet.
func newcomer(m *matrix, _ subject, _ caller, q *question) {
	m.made++
	name, email := fmt.Sprintf("Newcomer %d", m.made), fmt.Sprintf("newcomer-%d@example.org", m.made)
	q.form = url.Values{"name": {name}, "email": {email}, "roles": {"auditor"}}
	q.json = map[string]any{"name": name, "email": email, "roles": []string{"auditor"}}
}

// bill is one that is there already after the first time.
func bill(_ *matrix, _ subject, _ caller, q *question) {
	u := billOf("Reader", "1.1", "pkg:generic/reader@1.1")
	q.form, q.file = url.Values{"product": {u.Product}, "version": {u.Version}}, string(u.Bytes)
}

func policyFile(_ *matrix, _ subject, _ caller, q *question) {
	q.text = strings.Replace(string(examples.TwoPersonTeam), `revision: "1.0"`, `revision: "1.1"`, 1)
	q.form = url.Values{"source": {q.text}}
}

func textFile(_ *matrix, s subject, _ caller, q *question) {
	q.form.Set("case", string(s.id))
	q.file = "a text"
}

func report(_ *matrix, _ subject, _ caller, q *question) {
	q.form = url.Values{"title": {"It breaks"}, "description": {"It breaks when it is asked."}, "product": {"Tide"}}
	q.json = map[string]any{"title": "It breaks", "description": "It breaks when it is asked.", "product": "Tide"}
}

// recorded is a report that came by telephone.
func recorded(m *matrix, s subject, c caller, q *question) {
	report(m, s, c, q)
	q.form.Set("channel", "phone")
	q.form.Set("received_at", "2026-11-24T10:00")
	q.json["channel"] = "phone"
}

// questions are what the addresses need beside their case; what is not named here is asked
// for with its case alone.
var questions = map[string]asker{
	"DELETE /api/v1/tokens/{id}":           placed("id", (*matrix).tokenOf),
	"GET /.well-known/csaf/openpgp/{file}": placed("file", fingerprint),
	"GET /.well-known/csaf/{label}/{file}": func(m *matrix, s subject, _ caller, q *question) {
		q.path["label"], q.path["file"] = s.label, "csaf-feed-tlp-"+s.label+".json"
		if s.name == m.none.name {
			q.path["file"] = "csaf-feed-none.json"
		}
	},
	"GET /.well-known/csaf/{label}/{year}/{file}": func(_ *matrix, s subject, _ caller, q *question) {
		q.path["label"], q.path["year"], q.path["file"] = s.label, "2026", strings.ToLower(s.advisory)+".json"
	},
	"GET /.well-known/openpgpkey/{rest...}": func(m *matrix, s subject, _ caller, q *question) {
		q.host, q.path["rest"] = "openpgpkey.example.org", "example.org/policy"
		if s.name == m.none.name {
			q.path["rest"] = "nothing.example/policy"
		}
	},
	"GET /advisories/{id}/diff":      asked("to", "2"),
	"GET /advisories/{id}/{file...}": placed("file", func(*matrix, subject, caller) string { return "csaf.json" }),
	"GET /osv/{file}":                placed("file", func(_ *matrix, s subject, _ caller) string { return "x_" + s.advisory + ".json" }),
	"GET /osv/{ecosystem}/{file}": func(m *matrix, s subject, _ caller, q *question) {
		q.path["ecosystem"], q.path["file"] = map[string]string{m.own.name: "Go", m.foreign.name: "npm", m.none.name: "npm"}[s.name], "all.zip"
	},
	"GET /static/{file}": placed("file", func(m *matrix, s subject, _ caller) string {
		if s.name == m.none.name {
			return "nothing.css"
		}
		return staticFile.FindStringSubmatch(m.ask(httptest.NewRequest(http.MethodGet, origin+"/policy", nil)).Body.String())[1]
	}),

	"GET /api/v1/admin/advisories/{format}": placed("format", func(m *matrix, s subject, _ caller) string {
		return map[bool]string{true: "csaf", false: "nothing"}[s.name != m.none.name]
	}),
	"POST /api/v1/admin/backup": func(m *matrix, _ subject, _ caller, q *question) {
		m.made++
		q.json = map[string]any{"dir": filepath.Join(m.h.Config.Data, "copy", strconv.Itoa(m.made))}
	},
	"POST /api/v1/admin/members/{member}/reset": placed("member", somebody),
	"POST /api/v1/admin/members/{member}/roles": placed("member", somebody, func(_ *matrix, _ subject, _ caller, q *question) { q.json["roles"] = []string{"member"} }),

	"GET /api/v1/cases/{case}/mails/{seq}":        nil,
	"GET /api/v1/components":                      asked("name", "reader"),
	"GET /api/v1/mail":                            onShelf,
	"GET /api/v1/mail/{mail}":                     placed("mail", unsorted),
	"GET /api/v1/mail/{mail}/raw":                 placed("mail", unsorted),
	"POST /api/v1/mail/{mail}/open":               placed("mail", unsorted),
	"POST /api/v1/mail/{mail}/add":                placed("mail", unsorted, toCase),
	"POST /api/v1/mail/{mail}/discard":            placed("mail", unsorted, set("reason", "it is for others")),
	"POST /api/v1/components":                     bill,
	"POST /api/v1/components/bills/{bill}/remove": placed("bill", func(m *matrix, s subject, _ caller) string { return m.billIDOf(s) }, set("reason", "it is of another version")),
	"POST /api/v1/members":                        newcomer,
	"POST /api/v1/members/{member}/link":          placed("member", somebody),
	"POST /api/v1/policy":                         policyFile,
	"POST /api/v1/reports":                        report,
	"POST /api/v1/cases":                          recorded,
	"POST /api/v1/cases/{case}/attach":            textFile,
	"POST /api/v1/thread/attachments": func(m *matrix, s subject, c caller, q *question) {
		textFile(m, s, c, q)
		q.query.Set("case", string(s.id))
	},
	"POST /api/v1/thread/messages":     theirs("text", "There is more."),
	"POST /api/v1/thread/appeal":       theirs("text", "I think not."),
	"POST /api/v1/thread/check-result": theirs("outcome", "pass"),
	"POST /api/v1/thread/withdraw":     theirs("reason", "I was wrong."),
	"POST /api/v1/thread/contact":      func(_ *matrix, s subject, _ caller, q *question) { q.json["name"] = "Somebody" },
	"POST /api/v1/tokens":              set("name", "of the matrix"),

	"GET /desk/cases/{id}/advisory/changes": func(_ *matrix, s subject, _ caller, q *question) {
		q.query.Set("from", fmt.Sprint(s.drafts[0]))
		q.query.Set("to", fmt.Sprint(s.drafts[1]))
	},
	"GET /desk/components/one":      func(_ *matrix, s subject, _ caller, q *question) { q.query.Set("key", s.part) },
	"GET /desk/mail":                onShelf,
	"GET /desk/mail/{id}":           placed("id", unsorted),
	"GET /desk/mail/{id}/raw":       placed("id", unsorted),
	"GET /desk/mail/{id}/files/{n}": placed("id", unsorted, placed("n", func(*matrix, subject, caller) string { return "0" })),
	"GET /desk/policy/diff": func(_ *matrix, s subject, _ caller, q *question) {
		q.query.Set("from", strconv.Itoa(s.versions[0]))
		q.query.Set("to", strconv.Itoa(s.versions[1]))
	},
	"GET /desk/team/{id}":             placed("id", somebody),
	"POST /desk/batch":                set("act", "note"),
	"POST /desk/cases/{id}/do/{verb}": set("note", "We look into it.", "step", "do"),
	"POST /desk/channels/test": named("channel", func(m *matrix, s subject, _ caller) string {
		return map[bool]string{true: "matrix", false: "nothing"}[s.name != m.none.name]
	}),
	"POST /desk/components": bill,
	"POST /desk/components/contact": func(_ *matrix, s subject, _ caller, q *question) {
		q.form = url.Values{"key": {s.part}, "name": {"The readers"}, "email": {"security@reader.example"}}
	},
	"POST /desk/components/remove": func(m *matrix, s subject, _ caller, q *question) {
		q.form = url.Values{"bill": {m.billIDOf(s)}, "reason": {"it is of another version"}}
	},
	"POST /desk/filters":                 set("name", "mine", "query", "q=reader"),
	"POST /desk/filters/drop":            named("id", (*matrix).filterOf),
	"POST /desk/invitations":             newcomer,
	"POST /desk/invitations/{id}/again":  placed("id", invitation),
	"POST /desk/invitations/{id}/revoke": placed("id", invitation),
	"POST /desk/mail/{id}/open":          placed("id", unsorted),
	"POST /desk/mail/{id}/add":           placed("id", unsorted, toCase),
	"POST /desk/mail/{id}/discard":       placed("id", unsorted, set("reason", "it is for others")),
	"POST /desk/me/passkeys/begin":       set("name", "of the matrix"),
	"POST /desk/me/passkeys/remove":      named("id", (*matrix).passkeyOf),
	"POST /desk/me/providers/remove":     named("id", (*matrix).accountOf),
	"POST /desk/me/sessions":             named("id", (*matrix).sessionOf),
	"POST /desk/me/tokens":               set("name", "of the desk", "scopes", "all"),
	"POST /desk/me/tokens/revoke":        named("id", (*matrix).tokenOf),
	"POST /desk/outbox/retry":            named("key", func(m *matrix, s subject, _ caller) string { return m.deadOf(s) }),
	"POST /desk/policy":                  policyFile,
	"POST /desk/record":                  recorded,
	"POST /desk/team":                    newcomer,
	"POST /desk/team/{id}": placed("id", somebody, func(m *matrix, s subject, _ caller, q *question) {
		q.form = url.Values{"name": {s.member.Name}, "email": {s.member.Email}, "roles": {"member"}, "active": {"yes"}}
	}),
	"POST /desk/team/{id}/link":     placed("id", somebody),
	"POST /desk/team/{id}/password": placed("id", somebody, (*matrix).giveWord),
	"POST /desk/team/{id}/second":   placed("id", somebody, (*matrix).giveKey),
	"POST /desk/team/{id}/sign-out": placed("id", somebody),
	"POST /policy/feedback":         set("text", "Say more of products."),
	"POST /receipt":                 ownReceipt,
	"POST /report":                  report,
	"POST /thread/appeal":           spoken("appeal"),
	"POST /thread/message":          spoken("text"),
	"POST /thread/check":            set("outcome", "pass"),
	"POST /thread/attach":           textFile,
	"POST /thread/withdraw":         set("step", "do"),
	"POST /thread/open":             ownReceipt,
}

// personal are the addresses of what belongs to one member alone: whoever may read every
// case can still not tell another's from none. A lead sees everybody's tokens.
var personal = map[string]bool{
	"DELETE /api/v1/tokens/{id}": true, "POST /desk/me/tokens/revoke": true, "POST /desk/me/sessions": true,
	"POST /desk/filters/drop": true, "POST /desk/me/passkeys/remove": true, "POST /desk/me/providers/remove": true,
}

// shared are the addresses of what belongs to no case and to nobody, or is made anew by
// each request: whoever gets in may see which of it there is.
var shared = map[string]bool{
	"GET /.well-known/csaf/openpgp/{file}": true, "GET /.well-known/openpgpkey/{rest...}": true, "GET /osv/{ecosystem}/{file}": true, "GET /static/{file}": true,
	"GET /desk/components/one": true, "GET /desk/policy/diff": true, "GET /desk/policy/{n}": true, "GET /desk/policy/{n}/source": true,
	"GET /policy/versions/{n}": true, "POST /api/v1/policy/{number}/sign": true, "POST /desk/policy/{n}/sign": true,
	"POST /desk/me/tokens": true, "POST /api/v1/tokens": true,
}

// tells says whether the caller may learn by the address whether what is not theirs is
// there; own is what they got for what is.
func (m *matrix) tells(route string, c caller, own string) bool {
	switch {
	case personal[route]:
		return strings.Contains(route, "tokens") && (c.name == "lead" || c.name == "operator")
	case shared[route]:
		return own != "-" && own != "s"
	}
	return c.reads
}

func toCase(_ *matrix, s subject, _ caller, q *question) { q.json["case"] = string(s.id) }

// ownReceipt is all that opens a thread: nobody sends another's, as whoever has it is let in.
func ownReceipt(m *matrix, s subject, _ caller, q *question) {
	q.form = url.Values{"receipt": {"seven-words-that-open-nothing-at-all"}}
	if s.name == m.own.name {
		q.form.Set("receipt", m.receipts[s.name])
	}
}

// theirs is a body of a reporter about one of their cases.
func theirs(field, value string) asker {
	return func(_ *matrix, s subject, _ caller, q *question) { q.json[field], q.json["case"] = value, string(s.id) }
}

// spoken is a form of the thread, whose box is named after its case.
func spoken(field string) asker {
	return func(_ *matrix, s subject, _ caller, q *question) {
		q.form.Set(field+"."+string(s.id), "There is more.")
	}
}

func fingerprint(m *matrix, s subject, _ caller) string {
	if s.name == m.none.name {
		return strings.Repeat("ab", 20) + ".asc"
	}
	armored, err := m.h.PublicKey(context.Background())
	m.must(err)
	key, err := pgp.ReadPublic(armored)
	m.must(err)
	return key.Fingerprint() + ".asc"
}

// verbInput is what a verb needs, as far as one case has it all.
func verbInput(m *matrix, s subject, verb cvd.Verb) map[string]any {
	all := map[string]any{
		"text": "We say so.", "note": "We think so.", "reason": "It is so.", "outcome": "pass", "to": m.own.member.ID, "clauses": []string{"no-data-access"},
		"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "clock": cvd.ClockUpdate, "until": m.h.Options.Clock.Now().Add(240 * time.Hour),
		"contact": map[string]any{"name": "Somebody", "email": "somebody@example.net"}, "seq": s.mail, "advisory": map[string]any{"title": "It reads"},
	}
	if verb == cvd.VerbRedact {
		all["seq"] = 3
	}
	out := map[string]any{}
	for _, name := range rule.SpecOf(verb).Needs {
		out[name] = all[name]
	}
	return out
}

var value = regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}|\{\$\}`)

// question is what the route is asked for with, about the subject.
func (m *matrix) question(route string, s subject, c caller) question {
	_, path, _ := strings.Cut(route, " ")
	q := question{query: url.Values{}, form: url.Values{"case": {string(s.id)}, "seq": {"0"}}, json: map[string]any{}, path: map[string]string{
		"case": string(s.id), "verb": "note", "blob": s.blob, "member": s.member.ID, "number": strconv.Itoa(max(s.versions[0], 1)), "n": strconv.Itoa(max(s.versions[0], 1)),
		"seq": fmt.Sprint(s.mail), "id": s.advisory,
	}}
	switch {
	case strings.HasPrefix(path, "/desk/cases/"):
		q.path["id"] = string(s.id)
	case strings.Contains(path, "/attachments/"):
		q.path["id"] = s.blob
	case strings.Contains(path, "/provider/"):
		q.path["id"] = "main"
	case path == "/api/v1/thread/contact":
		q.query.Set("case", string(s.id))
	}
	if verb, ok := strings.CutPrefix(route, "POST /api/v1/cases/{case}/"); ok && rule.SpecOf(cvd.Verb(verb)) != nil {
		q.json = verbInput(m, s, cvd.Verb(verb))
	}
	if ask := questions[route]; ask != nil {
		ask(m, s, c, &q)
	}
	return q
}

func (m *matrix) request(route string, s subject, c caller) *http.Request {
	method, path, _ := strings.Cut(route, " ")
	q := m.question(route, s, c)
	path = value.ReplaceAllStringFunc(path, func(name string) string {
		if got, ok := q.path[strings.Trim(name, "{}.")]; ok {
			if strings.HasSuffix(name, "...}") {
				return got
			}
			return url.PathEscape(got)
		}
		if name == "{$}" {
			return ""
		}
		return s.advisory
	})
	if len(q.query) > 0 {
		path += "?" + q.query.Encode()
	}
	body, kind := q.body(method, path)
	r := httptest.NewRequest(method, origin+path, body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if q.host != "" {
		r.Host = q.host
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	api := strings.HasPrefix(path, "/api/") && c.bearer != ""
	if published := strings.Contains(path, "/csaf/") || strings.HasPrefix(path, "/osv") || strings.HasPrefix(path, "/advisories/"); api || published && strings.HasPrefix(c.bearer, "Bearer ") {
		r.Header.Set("Authorization", c.bearer)
	} else if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	return r
}

// body writes the question's body as the route reads it.
func (q *question) body(method, path string) (body *bytes.Buffer, kind string) {
	body = &bytes.Buffer{}
	api := strings.HasPrefix(path, "/api/")
	switch {
	case method != http.MethodPost:
	case q.file != "":
		form := multipart.NewWriter(body)
		fields := maps.Clone(q.form)
		if strings.Contains(path, "/attach") && api { // its address says of which case
			fields = nil
		}
		for name := range fields {
			if name != "seq" {
				_ = form.WriteField(name, q.form.Get(name))
			}
		}
		if file, err := form.CreateFormFile("file", "file.json"); err == nil {
			_, _ = file.Write([]byte(q.file))
		}
		_ = form.Close()
		kind = form.FormDataContentType()
	case api && q.text != "":
		body.WriteString(q.text)
		kind = "application/yaml"
	case api:
		_ = json.NewEncoder(body).Encode(q.json)
		kind = "application/json"
	default:
		body.WriteString(q.form.Encode())
		kind = "application/x-www-form-urlencoded"
	}
	return body, kind
}

// here is a session that a member has right now.
func (m *matrix) here(who cvd.Member) context.Context {
	m.t.Helper()
	s, err := m.h.Auth.StartProved(context.Background(), who.ID, "password", true, m.h.Options.Clock.Now(), nil)
	m.must(err)
	return authIn(s)
}

func (m *matrix) passkeyOf(s subject, c caller) string {
	return m.ofOwner(s, "passkey", m.owner(s, c), m.keyed)
}

// keyed gives the member a passkey and says its id.
func (m *matrix) keyed(who cvd.Member) string {
	m.t.Helper()
	t := tester(m.t)
	if t == nil { // a fuzzer has no devices
		return strings.Repeat("ab", 16)
	}
	place, err := passkey.At(origin, "Matrix")
	m.must(err)
	ctx := m.here(who)
	offer, err := m.h.Auth.OfferPasskey(ctx, actorOf(who), place, "of the matrix")
	m.must(err)
	key, err := m.h.Auth.AddPasskey(ctx, actorOf(who), offer.ID, passkeytest.New(t, origin).Create(offer.Options))
	m.must(err)
	return key.ID
}

// accountOf is an account elsewhere that is linked to the owner.
func (m *matrix) accountOf(s subject, c caller) string {
	return m.ofOwner(s, "account", m.owner(s, c), func(who cvd.Member) string {
		ctx := m.here(who)
		m.provider.Claims = map[string]any{"sub": "subject-" + who.ID}
		start, err := m.h.Ways.Begin(ctx, "main", oidc.Errand{Link: who.ID, Back: origin + "/desk/sign-in/provider/main/back"})
		m.must(err)
		_, err = m.h.Ways.Finish(ctx, "main", start.Browser, actorOf(who), m.provider.SignIn(start.Address))
		m.must(err)
		all, err := m.h.Ways.Linked(ctx, who.ID)
		m.must(err)
		return all[0].ID
	})
}

// ofOwner is like of for what is dear to make: whoever asks for what is another's does not
// use it up, so that there is one of it.
func (m *matrix) ofOwner(s subject, what string, who cvd.Member, make func(cvd.Member) string) string {
	key := what + "/" + who.ID
	if s.name == m.none.name || who.ID != m.foreign.member.ID {
		return m.of(s, key, func() string { return make(who) })
	}
	if m.kept[key] == "" {
		m.kept[key] = make(who)
	}
	return m.kept[key]
}

// giveWord gives the subject's member a password, once: only one may take it away.
func (m *matrix) giveWord(s subject, _ caller, _ *question) {
	m.once(s, "word", func() {
		m.must(m.h.Auth.SetPassword(m.here(s.member), actorOf(s.member), "", "seven long words for a bystander"))
	})
}

// giveKey gives the subject's member a passkey, once.
func (m *matrix) giveKey(s subject, _ caller, _ *question) {
	m.once(s, "key", func() { m.keyed(s.member) })
}

func (m *matrix) once(s subject, what string, do func()) {
	if key := "once/" + s.name + "/" + what; s.name != m.none.name && m.kept[key] == "" {
		m.kept[key] = "done"
		do()
	}
}
