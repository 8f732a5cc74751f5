package api

import (
	"net/http"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// route is one operation: how it is served and how it is described.
type route struct {
	method, path string
	access       access
	query        []query
	body         *body
	status       int      // of success
	gives        any      // an example of the answer's type; nil for none
	media        string   // of the answer, if it is not JSON
	also         []int    // further problems
	headers      []string // of the request
	name         string   // the operation's id
	short, long  string
	do           func(*call) error
}

// query is one member of an address's query.
type query struct {
	name  string
	flag  bool // true or false
	about string
}

// body is what an operation takes.
type body struct {
	of       any      // an example of its type
	members  []string // of that type; nil for all
	needs    []string
	optional bool
	media    []string // if it is not JSON
	file     bool     // multipart, with these members before the file
}

const (
	pathReports  = "/api/v1/reports"
	pathPromises = "/api/v1/promises"
	pathThread   = "/api/v1/thread"
	pathCases    = "/api/v1/cases"
	pathPolicy   = "/api/v1/policy"
	pathMembers  = "/api/v1/members"
	pathTokens   = "/api/v1/tokens"
	pathDocument = "/api/openapi.json"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	remove = http.MethodDelete
)

// Problems that operations share.
var (
	unread   = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	missing  = http.StatusNotFound
	conflict = http.StatusConflict
	foreign  = http.StatusForbidden
)

// routes is the table of all operations, in the order of the document.
func routes() []route {
	return slices.Concat(publicRoutes(), threadRoutes(), caseRoutes(), verbRoutes(), policyRoutes(), teamRoutes())
}

func publicRoutes() []route {
	return []route{
		{
			method: post, path: pathReports, name: "report", status: http.StatusCreated, gives: received{}, body: &body{of: cvd.Report{}, needs: []string{"description"}},
			headers: []string{"Idempotency-Key"}, also: unread, do: (*call).receive,
			short: "Report a vulnerability",
			long:  "Needs no account. When it answers 201, the report is stored for good. The receipt is shown once: it opens the thread with the team. With an Idempotency-Key, the same request within 24 hours gets the same answer and makes no second case. Members that are not listed are refused; put them into extra.",
		},
		{
			method: get, path: pathPromises, name: "promises", status: http.StatusOK, gives: promised{}, do: (*call).promises,
			query: []query{{name: "received", about: "An instant as in RFC 3339; now, if left out."}}, also: []int{missing, http.StatusUnprocessableEntity},
			short: "What would be promised", long: "The dates that a report received at an instant would be promised by the policy in effect.",
		},
		{
			method: get, path: pathDocument, name: "document", status: http.StatusOK, gives: map[string]any{}, do: (*call).describe,
			short: "This document",
		},
	}
}

func threadRoutes() []route {
	which := []query{{name: "case", about: "One of the receipt's cases; the newest, if left out."}}
	write := append([]int{missing, conflict}, unread...)
	return []route{
		{
			method: get, path: pathThread, access: byReceipt, name: "thread", status: http.StatusOK, gives: thread{}, do: (*call).showThread,
			short: "Your thread", long: "State, promises and messages of the receipt's newest case, and of those linked to it.",
		},
		{
			method: post, path: pathThread + "/messages", access: byReceipt, name: "say", status: http.StatusCreated, gives: written{}, body: &body{of: sayBody{}, needs: []string{"text"}}, also: write, do: (*call).say,
			short: "Write to the team", long: "Answers the team's questions where it waits for information. On a closed case it opens a linked one under the same receipt.",
		},
		{
			method: post, path: pathThread + "/attachments", access: byReceipt, name: "add-file", status: http.StatusCreated, gives: addedFile{}, query: which,
			body: &body{file: true, members: []string{"text"}}, also: write, do: (*call).addFile,
			short: "Add a file", long: "One file a request, in the field file; its limits stand in the policy. It is stored sealed and only ever given back as a download.",
		},
		{
			method: get, path: pathThread + "/attachments/{id}", access: byReceipt, name: "fetch-file", status: http.StatusOK, media: "application/octet-stream", also: []int{missing}, do: (*call).fetchFile,
			short: "Fetch a file",
		},
		{
			method: post, path: pathThread + "/withdraw", access: byReceipt, name: "leave", status: http.StatusOK, gives: written{}, body: &body{of: withdrawBody{}, optional: true}, also: write, do: (*call).withdraw,
			short: "Withdraw the report", long: "Where the team has confirmed a vulnerability already, it goes on without you.",
		},
		{
			method: post, path: pathThread + "/appeal", access: byReceipt, name: "appeal", status: http.StatusCreated, gives: written{}, body: &body{of: sayBody{}, needs: []string{"text"}}, also: write, do: (*call).appeal,
			short: "Appeal a ruling", long: "Once for each case, after it was found not valid.",
		},
		{
			method: post, path: pathThread + "/contact", access: byReceipt, name: "change-contact", status: http.StatusOK, gives: written{}, query: which, body: &body{of: cvd.Contact{}}, also: write, do: (*call).changeContact,
			short: "Change contact, credit or key", long: "Replaces all that was given before.",
		},
		{
			method: get, path: pathThread + "/export", access: byReceipt, name: "export", status: http.StatusOK, gives: exported{}, do: (*call).export,
			short: "Export your thread", long: "Everything the server holds about your cases that is yours to see, without the bytes of files.",
		},
	}
}

func caseRoutes() []route {
	return []route{
		{
			method: get, path: pathCases, access: byToken, name: "cases", status: http.StatusOK, gives: page{}, query: listQueries(), also: []int{http.StatusBadRequest, missing, http.StatusUnprocessableEntity}, do: (*call).list,
			short: "List cases", long: "Newest first, unless another order is asked for. Only cases that you may see.",
		},
		{
			method: post, path: pathCases, access: byToken, name: "record", status: http.StatusCreated, gives: recorded{}, body: &body{of: recordedReport{}, needs: []string{"description", "channel"}},
			headers: []string{"Idempotency-Key"}, also: append([]int{foreign}, unread...), do: (*call).record,
			short: "Record a report", long: "One that was taken by phone, in person or by mail, with the instant it truly arrived; or an internal finding. Clocks run from that instant.",
		},
		{
			method: get, path: pathCases + "/{case}", access: byToken, name: "case", status: http.StatusOK, gives: caseFile{}, also: []int{missing}, do: (*call).show,
			short: "One case", long: "With its history and thread. The look is recorded.",
		},
		{
			method: get, path: pathCases + "/{case}/attachments/{id}", access: byToken, name: "fetch-case-file", status: http.StatusOK, media: "application/octet-stream", also: []int{missing, foreign}, do: (*call).fetchCaseFile,
			short: "Fetch a file of a case",
		},
	}
}

func listQueries() []query {
	return []query{
		{name: "state", about: "One or more of received, invalid, valid, deferred, accepted, closed, joined by commas."},
		{name: "severity", about: "One or more of none, low, medium, high, critical, joined by commas."},
		{name: "assignee", about: "A member id, me, or none."},
		{name: "program", about: "A program of the policy."},
		{name: "open", flag: true, about: "Not closed."},
		{name: "overdue", flag: true, about: "What is due next is past."},
		{name: "breached", flag: true, about: "A promise is broken and still owed."},
		{name: "emergency", flag: true, about: "In the emergency lane."},
		{name: "privacy", flag: true, about: "Personal data was seen."},
		{name: "paused", flag: true, about: "A clock stands still."},
		{name: "unread", flag: true, about: "The reporter said something that no member answered."},
		{name: "sort", about: "created (the default), due or updated."},
		{name: "limit", about: "Of one page, 1 to 200; 50, if left out."},
		{name: "after", about: "The next of the page before, in the same order."},
	}
}

// verbRoutes makes one operation of each verb that a member may do somewhere.
func verbRoutes() []route {
	var out []route
	for _, spec := range cvd.Specs {
		verb := spec.Verb
		if verb == cvd.VerbReceive || !forTeam(verb) {
			continue
		}
		r := route{
			method: post, path: pathCases + "/{case}/" + string(verb), access: byToken, name: "case-" + string(verb),
			status: http.StatusOK, gives: done{}, also: append([]int{foreign, missing, conflict}, unread...),
			do: func(c *call) error { return c.do(verb) },
		}
		if verb == cvd.VerbAttach {
			r.body = &body{file: true, members: []string{"text", "silent"}}
			r.do = (*call).attachToCase
		} else {
			r.query = []query{{name: "preview", flag: true, about: "Do nothing, and say what the reporter would be told, where the case would stand and which dates would move."}}
			r.body = &body{of: cvd.Input{}, members: spec.Takes, needs: spec.Needs, optional: len(spec.Needs) == 0}
		}
		out = append(out, r)
	}
	return out
}

// forTeam tells whether any role may do the verb.
func forTeam(v cvd.Verb) bool {
	return may.Of(cvd.Actor{Kind: cvd.ActorMember, Roles: cvd.Roles}, v) != may.Nowhere
}

func policyRoutes() []route {
	return []route{
		{
			method: get, path: pathPolicy, access: freely, name: "policy", status: http.StatusOK, gives: editions{}, also: []int{missing}, do: (*call).showPolicy,
			short: "The policy's version in effect", long: "Open to everybody. With a token also the versions that wait for their sign-offs.",
		},
		{
			method: post, path: pathPolicy, access: byToken, name: "publish", status: http.StatusCreated, gives: Edition{}, body: &body{media: policyTypes[:2]}, also: append([]int{foreign, conflict}, unread...), do: (*call).publish,
			short: "Publish a policy version", long: "Takes the file as it is. It is numbered and never changed; it takes effect once the sign-offs are recorded that it demands. Every fault comes with its line and column. Publishing the latest version again changes nothing. For leads and officers.",
		},
		{
			method: post, path: pathPolicy + "/{number}/sign", access: byToken, name: "sign", status: http.StatusOK, gives: Edition{}, body: &body{of: signing{}, needs: []string{"office", "act", "digest"}}, also: append([]int{foreign, missing, conflict}, unread...), do: (*call).sign,
			short: "Sign a policy version", long: "For the officers whom the version names, in person.",
		},
	}
}

func teamRoutes() []route {
	return []route{
		{
			method: get, path: pathMembers, access: byToken, name: "members", status: http.StatusOK, gives: members{}, also: []int{missing}, do: (*call).listMembers,
			short: "The team",
		},
		{
			method: post, path: pathMembers, access: byToken, name: "add-member", status: http.StatusCreated, gives: cvd.Member{}, body: &body{of: newMember{}, needs: []string{"name", "email", "roles"}}, also: append([]int{missing}, unread...), do: (*call).addMember,
			short: "Add a member", long: "For leads. The member gets in by a sign-in link.",
		},
		{
			method: post, path: pathMembers + "/{member}/link", access: byToken, name: "sign-in-link", status: http.StatusCreated, gives: signInLink{}, also: []int{missing, conflict}, do: (*call).makeLink,
			short: "Make a sign-in link", long: "For leads. It works once, within 24 hours.",
		},
		{
			method: get, path: pathTokens, access: byToken, name: "tokens", status: http.StatusOK, gives: tokens{}, also: []int{foreign}, do: (*call).listTokens,
			short: "API tokens",
		},
		{
			method: post, path: pathTokens, access: byToken, name: "add-token", status: http.StatusCreated, gives: madeToken{}, body: &body{of: newToken{}, needs: []string{"name"}}, also: append([]int{foreign, missing, conflict}, unread...), do: (*call).makeToken,
			short: "Make an API token", long: "For yourself; for anybody, as a lead.",
		},
		{
			method: remove, path: pathTokens + "/{id}", access: byToken, name: "revoke-token", status: http.StatusNoContent, also: []int{foreign, missing}, do: (*call).revokeToken,
			short: "Revoke an API token",
		},
	}
}
