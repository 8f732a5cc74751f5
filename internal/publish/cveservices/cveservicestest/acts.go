package cveservicestest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// readAll is the body, up to a size that no test reaches.
func readAll(r *http.Request) string {
	b, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return ""
	}
	return string(b)
}

func (s *Server) reserve(r *http.Request) answer {
	q := r.URL.Query()
	bad := func(param, msg string) answer {
		return answer{http.StatusBadRequest, map[string]any{
			"error": "BAD_INPUT", "message": "Parameters were invalid", "details": []any{map[string]any{"msg": msg, "param": param, "location": "query"}},
		}}
	}
	amount, err := strconv.Atoi(q.Get("amount"))
	if err != nil || amount < 1 {
		return bad("amount", "a number is needed")
	}
	year, err := strconv.Atoi(q.Get("cve_year"))
	if err != nil || year < 1999 || year > s.now.Year()+1 {
		return bad("cve_year", "no year of ours")
	}
	kind := q.Get("batch_type")
	switch {
	case q.Get("short_name") != Org:
		return refuse(http.StatusForbidden, "NOT_ORG_MEMBER", "the short name is not yours")
	case amount > 1 && kind != "sequential" && kind != "non-sequential" && kind != "nonsequential":
		return bad("batch_type", "sequential or non-sequential")
	case amount > 10 && kind != "sequential":
		return refuse(http.StatusBadRequest, "OVER_NONSEQUENTIAL_MAX_AMOUNT", "at most 10 at a time")
	}
	if left := s.quota - s.reservedNow(); amount > left {
		return refuse(http.StatusForbidden, "EXCEEDED_ID_QUOTA", "only %d are left", left)
	}
	n := amount
	if s.stock >= 0 && s.stock < n {
		n = s.stock
	}
	if s.stock >= 0 {
		s.stock -= n
	}
	views := []any{}
	for range n {
		one := &id{cve: fmt.Sprintf("CVE-%d-%d", year, 20000+len(s.ids)), user: r.Header.Get("CVE-API-USER"), year: year, state: "RESERVED", reserved: s.now, modified: s.now}
		s.ids = append(s.ids, one)
		v := one.view()
		delete(v, "time")
		views = append(views, v)
	}
	if n < amount {
		return answer{http.StatusPartialContent, map[string]any{
			"error": "PARTIAL", "message": "fewer than asked", "details": map[string]any{"amount_reserved": n}, "cve_ids": views,
		}}
	}
	return answer{http.StatusOK, map[string]any{"cve_ids": views, "meta": map[string]any{"remaining_quota": s.quota - s.reservedNow()}}}
}

func (s *Server) list(r *http.Request) answer {
	q := r.URL.Query()
	var after, before time.Time
	for name, at := range map[string]*time.Time{"time_reserved.gt": &after, "time_reserved.lt": &before} {
		if text := q.Get(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return refuse(http.StatusBadRequest, "BAD_INPUT", "%s is no instant", name)
			}
			*at = t
		}
	}
	views := []any{}
	for _, one := range s.ids {
		switch {
		case q.Get("state") != "" && one.state != q.Get("state"):
		case q.Get("cve_id_year") != "" && strconv.Itoa(one.year) != q.Get("cve_id_year"):
		case !after.IsZero() && !one.reserved.After(after):
		case !before.IsZero() && !one.reserved.Before(before):
		default:
			views = append(views, one.view())
		}
	}
	if len(views) <= s.Page {
		return answer{http.StatusOK, map[string]any{"cve_ids": views}}
	}
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	pages := (len(views) + s.Page - 1) / s.Page
	body := map[string]any{"totalCount": len(views), "itemsPerPage": s.Page, "pageCount": pages, "currentPage": page, "prevPage": page - 1, "nextPage": page + 1}
	if page == 1 {
		body["prevPage"] = nil
	}
	if page == pages {
		body["nextPage"] = nil
	}
	from := min((page-1)*s.Page, len(views))
	body["cve_ids"] = views[from:min(from+s.Page, len(views))]
	return answer{http.StatusOK, body}
}

func (s *Server) getID(cve string) answer {
	one := s.find(cve)
	if one == nil {
		return refuse(http.StatusNotFound, "CVE_ID_DNE", "there is no such id")
	}
	return answer{http.StatusOK, one.view()}
}

func (s *Server) moveID(cve string, r *http.Request) answer {
	one, state := s.find(cve), strings.ToUpper(r.URL.Query().Get("state"))
	switch {
	case one == nil:
		return refuse(http.StatusNotFound, "CVE_ID_DNE", "there is no such id")
	case state != "RESERVED" && state != "REJECTED":
		return refuse(http.StatusBadRequest, "BAD_INPUT", "no such state")
	case one.record != "":
		return refuse(http.StatusForbidden, "CVE_RECORD_EXISTS", "the id has a record")
	}
	one.state, one.modified = state, s.now
	return answer{http.StatusOK, map[string]any{"message": cve + " was successfully updated.", "updated": one.view()}}
}

func (s *Server) getRecord(cve string) answer {
	one := s.find(cve)
	if one == nil || one.record == "" {
		return refuse(http.StatusNotFound, "CVE_RECORD_DNE", "there is no such record")
	}
	return answer{http.StatusOK, one.whole()}
}

func (one *id) whole() map[string]any {
	meta := map[string]any{
		"cveId": one.cve, "assignerOrgId": OrgID, "assignerShortName": Org, "state": one.record, "dateReserved": instant(one.reserved), "dateUpdated": instant(one.modified),
	}
	if !one.published.IsZero() {
		meta["datePublished"] = instant(one.published)
	}
	return map[string]any{
		"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": meta, "containers": map[string]any{"cna": one.cna},
	}
}

func (s *Server) putRecord(cve, method, state string, body []byte) answer {
	one := s.find(cve)
	switch {
	case one == nil:
		return refuse(http.StatusNotFound, "CVE_ID_DNE", "there is no such id")
	case method == http.MethodPost && one.record != "":
		return refuse(http.StatusForbidden, "CVE_RECORD_EXISTS", "the id has a record")
	case method == http.MethodPut && one.record == "":
		return refuse(http.StatusForbidden, "CVE_RECORD_DNE", "the id has no record")
	}
	cna, missing := container(body, state)
	if len(missing) > 0 {
		var details []any
		for _, m := range missing {
			details = append(details, map[string]any{"instancePath": "/cnaContainer", "message": "must have required property '" + m + "'"})
		}
		return answer{http.StatusBadRequest, map[string]any{"error": "INVALID_JSON_SCHEMA", "message": "CVE JSON schema validation failed.", "details": map[string]any{"errors": details}}}
	}
	what, said := "updated", "updated"
	if one.record == "" {
		what, said = "created", "created"
	}
	if state == "PUBLISHED" && one.published.IsZero() {
		one.published = s.now
	}
	cna["providerMetadata"] = map[string]any{"orgId": OrgID, "shortName": Org, "dateUpdated": instant(s.now)}
	kept, err := json.Marshal(cna)
	if err != nil {
		return refuse(http.StatusInternalServerError, "SERVICE_FAILED", "it cannot be kept")
	}
	one.cna, one.record, one.state, one.modified = kept, state, state, s.now
	return answer{http.StatusOK, map[string]any{"message": cve + " record was successfully " + said + ".", what: one.whole()}}
}

// container reads the body and names what it lacks.
func container(body []byte, state string) (cna map[string]any, missing []string) {
	var in struct {
		CNA map[string]any `json:"cnaContainer"`
	}
	if json.Unmarshal(body, &in) != nil || in.CNA == nil {
		return nil, []string{"cnaContainer"}
	}
	need := []string{"descriptions", "affected", "references"}
	if state == "REJECTED" {
		need = []string{"rejectedReasons"}
	}
	for _, name := range need {
		if list, ok := in.CNA[name].([]any); !ok || len(list) == 0 {
			missing = append(missing, name)
		}
	}
	return in.CNA, missing
}
