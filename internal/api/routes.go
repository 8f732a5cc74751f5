package api

import (
	"net/http"
	"slices"

	"fairlead/internal/api/openapi"
	"fairlead/internal/api/view"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

// route is one operation: how it is described and how it is served.
type route struct {
	openapi.Operation
	do func(*call) error
}

const (
	pathReports  = "/api/v1/reports"
	pathPromises = "/api/v1/promises"
	pathThread   = "/api/v1/thread"
	pathClaim    = pathThread + "/claim"
	pathCases    = "/api/v1/cases"
	pathPolicy   = "/api/v1/policy"
	pathDocument = "/api/openapi.json"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// Problems that operations share.
var (
	unread   = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	missing  = http.StatusNotFound
	conflict = http.StatusConflict
)

// routes is the table of all operations, in the order of the document.
func routes() []route {
	return slices.Concat(publicRoutes(), threadRoutes(), caseRoutes(), verbRoutes(), policyRoutes(), teamRoutes(), componentRoutes(), mailRoutes(), handoverRoutes())
}

func publicRoutes() []route {
	return []route{
		{Operation: openapi.Operation{
			Method: post, Path: pathReports, Name: "report", Status: http.StatusCreated, Gives: received{}, Body: &openapi.Body{Of: cvd.Report{}, Needs: []string{"description"}},
			Headers: []string{"Idempotency-Key"}, Also: unread,
			Short: "Report a vulnerability",
			Long:  "Needs no account. When it answers 201, the report is stored for good. The receipt is shown once: it opens the thread with the team. With an Idempotency-Key, the same request within 24 hours gets the same answer and makes no second case. Members that are not listed are refused; put them into extra. A CSAF 2.1 document of the profile Vulnerability Report, which is a draft, is read as the report that it is.",
		}, do: (*call).receive},
		{Operation: openapi.Operation{
			Method: get, Path: pathPromises, Name: "promises", Status: http.StatusOK, Gives: promised{},
			Query: []openapi.Query{{Name: "received", Time: true, About: "An instant as in RFC 3339; now, if left out."}}, Also: []int{missing, http.StatusUnprocessableEntity},
			Short: "What would be promised", Long: "The dates that a report received at an instant would be promised by the policy in effect.",
		}, do: (*call).promises},
		{Operation: openapi.Operation{
			Method: get, Path: pathDocument, Name: "document", Status: http.StatusOK, Gives: map[string]any{},
			Short: "This document",
		}, do: (*call).showDocument},
	}
}

func threadRoutes() []route {
	which := []openapi.Query{{Name: "case", About: "One of the receipt's cases; the newest, if left out."}}
	write := append([]int{missing, conflict}, unread...)
	once := []string{"Idempotency-Key"}
	return []route{
		{Operation: openapi.Operation{
			Method: get, Path: pathThread, Access: openapi.ByReceipt, Name: "thread", Status: http.StatusOK, Gives: view.Thread{},
			Short: "Your thread", Long: "State, promises and messages of the receipt's newest case, and of those linked to it.",
		}, do: (*call).showThread},
		{Operation: openapi.Operation{
			Method: post, Path: pathClaim, Name: "claim", Status: http.StatusOK, Gives: claimed{}, Body: &openapi.Body{Of: claimBody{}, Needs: []string{"code"}}, Also: append([]int{http.StatusUnauthorized}, unread...),
			Short: "Show a receipt", Long: "By the code of a letter, for whoever reported by mail. A code that is unknown, used or too old has one answer.",
		}, do: (*call).claim},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/messages", Access: openapi.ByReceipt, Name: "say", Headers: once, Status: http.StatusCreated, Gives: written{}, Body: &openapi.Body{Of: sayBody{}, Needs: []string{"text"}}, Also: write,
			Short: "Write to the team", Long: "Answers the team's questions where it waits for information. On a closed case it opens a linked one under the same receipt.",
		}, do: (*call).say},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/attachments", Access: openapi.ByReceipt, Name: "add-file", Status: http.StatusCreated, Gives: addedFile{}, Query: which,
			Body: &openapi.Body{File: true, Members: []string{"text"}}, Also: write,
			Short: "Add a file", Long: "One file a request, in the field file; its limits stand in the policy. It is stored sealed and only ever given back as a download.",
		}, do: (*call).addFile},
		{Operation: openapi.Operation{
			Method: get, Path: pathThread + "/attachments/{id}", Access: openapi.ByReceipt, Name: "fetch-file", Status: http.StatusOK, Media: "application/octet-stream", Also: []int{missing},
			Short: "Fetch a file",
		}, do: (*call).fetchFile},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/withdraw", Access: openapi.ByReceipt, Name: "leave", Headers: once, Status: http.StatusOK, Gives: written{}, Body: &openapi.Body{Of: withdrawBody{}, Optional: true}, Also: write,
			Short: "Withdraw the report", Long: "Where the team has confirmed a vulnerability already, it goes on without you.",
		}, do: (*call).withdraw},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/appeal", Access: openapi.ByReceipt, Name: "appeal", Headers: once, Status: http.StatusCreated, Gives: written{}, Body: &openapi.Body{Of: sayBody{}, Needs: []string{"text"}}, Also: write,
			Short: "Appeal a ruling", Long: "Once for each case, after it was found not valid. Closing the case does not take it away: then it opens a linked case.",
		}, do: (*call).appeal},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/check-result", Access: openapi.ByReceipt, Name: "check-fix", Headers: once, Status: http.StatusCreated, Gives: written{}, Body: &openapi.Body{Of: checkBody{}, Needs: []string{"outcome"}}, Also: write,
			Short: "Say whether the fix works", Long: "Where the team asked you to check it.",
		}, do: (*call).checked},
		{Operation: openapi.Operation{
			Method: post, Path: pathThread + "/contact", Access: openapi.ByReceipt, Name: "change-contact", Headers: once, Status: http.StatusOK, Gives: written{}, Query: which, Body: &openapi.Body{Of: cvd.Contact{}}, Also: write,
			Short: "Change contact, credit or key", Long: "Replaces all that was given before.",
		}, do: (*call).changeContact},
		{Operation: openapi.Operation{
			Method: get, Path: pathThread + "/export", Access: openapi.ByReceipt, Name: "export", Status: http.StatusOK, Gives: exported{},
			Short: "Export your thread", Long: "Everything the server holds about your cases that is yours to see, without the bytes of files.",
		}, do: (*call).export},
	}
}

func caseRoutes() []route {
	return []route{
		{Operation: openapi.Operation{
			Method: get, Path: pathCases, Access: openapi.ByToken, Name: "cases", Status: http.StatusOK, Gives: page{}, Query: listQueries(), Also: []int{http.StatusBadRequest, missing, http.StatusUnprocessableEntity},
			Short: "List cases", Long: "Newest first, unless another order is asked for. Only cases that you may see.",
		}, do: (*call).list},
		{Operation: openapi.Operation{
			Method: post, Path: pathCases, Access: openapi.ByToken, Name: "record", Status: http.StatusCreated, Gives: recorded{}, Body: &openapi.Body{Of: recordedReport{}, Needs: []string{"description", "channel"}},
			Headers: []string{"Idempotency-Key"}, Also: append([]int{missing}, unread...),
			Short: "Record a report", Long: "One that was taken by phone, in person or by mail, with the instant it truly arrived; or an internal finding. Clocks run from that instant.",
		}, do: (*call).record},
		{Operation: openapi.Operation{
			Method: get, Path: pathCases + "/{case}", Access: openapi.ByToken, Name: "case", Status: http.StatusOK, Gives: view.CaseFile{}, Also: []int{missing},
			Short: "One case", Long: "With its history and thread. The look is recorded.",
		}, do: (*call).showCase},
		{Operation: openapi.Operation{
			Method: get, Path: pathCases + "/{case}/advisory", Access: openapi.ByToken, Name: "advisory", Status: http.StatusOK, Gives: view.Draft{}, Also: []int{missing, conflict},
			Short: "The advisory of a case", Long: "The latest draft, or one that is filled from the case, with what the lint finds, the gates of its release, and what was saved and published before.",
		}, do: (*call).showDraft},
		{Operation: openapi.Operation{
			Method: get, Path: pathCases + "/{case}/advisory/rehearsal", Access: openapi.ByToken, Name: "rehearse", Status: http.StatusOK, Gives: rehearsal{}, Also: []int{missing, conflict, http.StatusUnprocessableEntity},
			Short: "Rehearse the release", Long: "The exact documents that the latest draft would be published as, at its scheduled instant or now. Nothing is stored.",
		}, do: (*call).rehearse},
		{Operation: openapi.Operation{
			Method: get, Path: pathCases + "/{case}/attachments/{id}", Access: openapi.ByToken, Name: "fetch-case-file", Status: http.StatusOK, Media: "application/octet-stream", Also: []int{missing, conflict, http.StatusUnprocessableEntity},
			Query: []openapi.Query{{Name: "risk", Flag: true, About: "Hand out what a malware scanner knows, or gave no verdict on."}},
			Short: "Fetch a file of a case", Long: "Where a scanner is configured, it is asked first. What it finds answers 409 with its name for it: it may be what the finder found.",
		}, do: (*call).fetchCaseFile},
		{Operation: openapi.Operation{
			Method: get, Path: pathCases + "/{case}/mails/{seq}", Access: openapi.ByToken, Name: "fetch-mail", Status: http.StatusOK, Media: "application/octet-stream", Also: []int{missing},
			Short: "Fetch a mail as it came", Long: "By the number of the event whose words came by it, or that holds it.",
		}, do: (*call).fetchMail},
	}
}

func listQueries() []openapi.Query {
	return []openapi.Query{
		{Name: "state", Of: list(states), List: true, About: "One or more, joined by commas."},
		{Name: "severity", Of: list(cvd.Bands), List: true, About: "One or more, joined by commas."},
		{Name: "assignee", About: "A member id, me, or none; one or more, joined by commas."},
		{Name: "program", About: "The id of a program of any version of the policy."},
		{Name: "open", Flag: true, About: "Not closed."},
		{Name: "overdue", Flag: true, About: "What is due next is past."},
		{Name: "breached", Flag: true, About: "A promise is broken and still owed."},
		{Name: "emergency", Flag: true, About: "In the emergency lane."},
		{Name: "privacy", Flag: true, About: "Personal data was seen."},
		{Name: "paused", Flag: true, About: "A clock stands still."},
		{Name: "unread", Flag: true, About: "The reporter said something that no member answered."},
		{Name: "appeal", Flag: true, About: "An appeal waits for its answer."},
		{Name: "pending", Flag: true, About: "A ruling waits for a second person."},
		{Name: "sort", Of: list(sorts), About: "created, newest first, if left out; with a hyphen before it, the other way round. By urgency, emergencies come first; they, a severity and what is due at the same instant go by due date, then by when they came in."},
		{Name: "limit", Most: maxPage, About: "Of one page; 50, if left out."},
		{Name: "after", About: "The next of the page before, in the same order."},
	}
}

// verbRoutes makes one operation of each verb that a member may do somewhere.
func verbRoutes() []route {
	var out []route
	for _, spec := range rule.Specs {
		verb := spec.Verb
		if verb == cvd.VerbReceive || !forTeam(verb) {
			continue
		}
		r := route{Operation: openapi.Operation{
			Method: post, Path: pathCases + "/{case}/" + string(verb), Access: openapi.ByToken, Name: "case-" + string(verb),
			Status: http.StatusOK, Gives: view.Done{}, Also: append([]int{missing, conflict}, unread...),
		}, do: func(c *call) error { return c.do(verb) }}
		if verb == cvd.VerbAttach {
			r.Body = &openapi.Body{File: true, Members: []string{"text", "silent"}}
			r.do = (*call).attachToCase
		} else {
			r.Query = []openapi.Query{{Name: "preview", Flag: true, About: "Do nothing, and say what the reporter would be told, where the case would stand and which dates would move."}}
			r.Body = &openapi.Body{Of: cvd.Input{}, Members: spec.Takes, Needs: spec.Needs, Optional: len(spec.Needs) == 0}
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
		{Operation: openapi.Operation{
			Method: get, Path: pathPolicy, Access: openapi.Freely, Name: "policy", Status: http.StatusOK, Gives: editions{}, Also: []int{missing},
			Short: "The policy's version in effect", Long: "Open to everybody. With a token also the versions that wait for their sign-offs.",
		}, do: (*call).showPolicy},
		{Operation: openapi.Operation{
			Method: post, Path: pathPolicy, Access: openapi.ByToken, Name: "publish", Status: http.StatusCreated, Gives: Edition{}, Body: &openapi.Body{Media: policyTypes[:2]}, Also: append([]int{missing, conflict}, unread...),
			Short: "Publish a policy version", Long: "Takes the file as it is. It is numbered and never changed; it takes effect once the sign-offs are recorded that it demands. Every fault comes with its line and column. Publishing the latest version again changes nothing. For leads and officers.",
		}, do: (*call).publish},
		{Operation: openapi.Operation{
			Method: post, Path: pathPolicy + "/{number}/sign", Access: openapi.ByToken, Name: "sign", Status: http.StatusOK, Gives: Edition{}, Body: &openapi.Body{Of: signing{}, Needs: []string{"act", "digest"}}, Also: append([]int{missing, conflict}, unread...),
			Short: "Sign a policy version", Long: "For the officers whom the version names, in person.",
		}, do: (*call).sign},
	}
}
