package cveservices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// State is how far an id is.
type State string

// The states of an id.
const (
	Reserved  State = "RESERVED"
	Published State = "PUBLISHED"
	Rejected  State = "REJECTED"
)

// ID is what the services know of an id.
type ID struct {
	CVE   string    `json:"cve_id"`
	State State     `json:"state"`
	Owner string    `json:"owning_cna"`
	At    time.Time `json:"reserved"`
	By    struct {
		Org  string `json:"cna"`
		User string `json:"user"`
	} `json:"requested_by"`
}

// Quota is how many ids the organisation may have reserved at a time.
type Quota struct {
	Quota     int `json:"id_quota"`
	Reserved  int `json:"total_reserved"`
	Available int `json:"available"`
}

// Keeper remembers which ids were reserved for what, in the caller's store. It is
// what makes a reservation safe to repeat: an id is kept before anybody uses it.
type Keeper interface {
	// Intend notes that ids are about to be reserved under the key, and returns
	// when that was first noted and what was kept under it since. again tells that
	// it was noted before, so that ids may be reserved which nobody kept.
	Intend(ctx context.Context, key string, now time.Time) (since time.Time, kept []string, again bool, err error)
	// Keep adds ids to the key. An id of another key is a cvd.ErrConflict, and
	// nothing is kept; one that is kept already is no error.
	Keep(ctx context.Context, key string, ids []string) error
	// Unknown returns those ids that are under no key.
	Unknown(ctx context.Context, ids []string) ([]string, error)
}

// Request asks for ids.
type Request struct {
	Key        string // what they are for, such as a case's id; the same again is the same request
	Year       int    // the ids' year
	Amount     int    // how many there shall be under the key, 1 to 1000
	Sequential bool   // one after the other; matters for more than one only
}

// Reservation is what there is under a key.
type Reservation struct {
	IDs     []string
	Missing int  // how many of the amount the services could not give: ask again later
	Left    int  // of the quota, if anything was reserved now; else -1
	Planned *Act // without Live: what would be sent, and no ids
}

// maxScattered is how many ids that do not follow each other the services give at
// once.
const maxScattered = 10

// skew is by how much the services' clock may be behind ours.
const skew = 10 * time.Minute

// idForm is what an id looks like; those of others go into addresses.
var idForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

func pathOf(collection, id string) (string, error) {
	if !idForm.MatchString(id) {
		return "", cvd.Faults{{Field: "cve", Problem: "is no CVE id", Remedy: "write it as CVE-2026-1234"}}
	}
	return "/" + collection + "/" + id, nil
}

// Reserve sees to it that the amount of ids is reserved under the key, and kept.
// Asked again after whatever befell it, it first takes up what was kept, then what
// was reserved by this user since and is nobody's, and reserves only what is still
// missing. When the services give fewer than asked, Missing says how many.
func (c *Client) Reserve(ctx context.Context, r Request) (Reservation, error) {
	if err := r.check(); err != nil {
		return Reservation{}, err
	}
	query := url.Values{"amount": {strconv.Itoa(r.Amount)}, "cve_year": {strconv.Itoa(r.Year)}, "short_name": {c.cfg.Org}}
	if !c.cfg.Live {
		r.batch(query, r.Amount)
		return Reservation{Missing: r.Amount, Left: -1, Planned: &Act{Method: http.MethodPost, Path: "/cve-id?" + query.Encode()}}, nil
	}
	c.reserving.Lock()
	defer c.reserving.Unlock()
	out := Reservation{Left: -1}
	since, kept, again, err := c.cfg.Keeper.Intend(ctx, r.Key, c.cfg.Now())
	if err != nil {
		return out, err
	}
	out.IDs = kept
	if missing := r.Amount - len(out.IDs); missing > 0 && again {
		found, err := c.adopt(ctx, r, since, missing)
		if err != nil {
			return out, err
		}
		out.IDs = append(out.IDs, found...)
	}
	for missing := r.Amount - len(out.IDs); missing > 0; missing = r.Amount - len(out.IDs) {
		n := missing
		if !r.Sequential {
			n = min(n, maxScattered)
		}
		query.Set("amount", strconv.Itoa(n))
		r.batch(query, n)
		fresh, left, err := c.reserve(ctx, query)
		if err != nil {
			return out, err
		}
		if err := c.cfg.Keeper.Keep(ctx, r.Key, fresh); err != nil {
			return out, err
		}
		if out.IDs, out.Left = append(out.IDs, fresh...), left; len(fresh) < n {
			break
		}
	}
	out.Missing = max(0, r.Amount-len(out.IDs))
	return out, nil
}

func (r Request) check() error {
	var faults cvd.Faults
	add := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
		}
	}
	add(r.Key != "", "key", "is missing", "say what the ids are for")
	add(r.Year >= 1999 && r.Year <= 9999, "year", "is no year of a CVE id", "1999 to next year")
	add(r.Amount >= 1 && r.Amount <= 1000, "amount", "is not 1 to 1000", "ask for fewer")
	return faults.Err()
}

// batch says how more than one id lie; for one the services want nothing said.
func (r Request) batch(query url.Values, amount int) {
	query.Del("batch_type")
	if amount < 2 {
		return
	}
	query.Set("batch_type", "non-sequential")
	if r.Sequential {
		query.Set("batch_type", "sequential")
	}
}

// adopt finds ids that an earlier try reserved and nobody heard of, and keeps them.
func (c *Client) adopt(ctx context.Context, r Request, since time.Time, missing int) ([]string, error) {
	all, err := c.List(ctx, Filter{State: Reserved, Year: r.Year, After: since.Add(-skew)})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, one := range all {
		if one.By.User == c.cfg.User && strings.EqualFold(one.Owner, c.cfg.Org) {
			ids = append(ids, one.CVE)
		}
	}
	ids, err = c.cfg.Keeper.Unknown(ctx, ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	ids = ids[:min(len(ids), missing)]
	return ids, c.cfg.Keeper.Keep(ctx, r.Key, ids)
}

func (c *Client) reserve(ctx context.Context, query url.Values) (ids []string, left int, err error) {
	var in struct {
		IDs  []ID `json:"cve_ids"`
		Meta struct {
			Left *int `json:"remaining_quota"`
		} `json:"meta"`
	}
	// 200 is all, 206 is as many as there were: both say which.
	if err := c.call(ctx, http.MethodPost, "/cve-id", query, nil, &in); err != nil {
		return nil, 0, err
	}
	for _, one := range in.IDs {
		if !idForm.MatchString(one.CVE) {
			return nil, 0, fmt.Errorf("%w: CVE Services reserved what is no CVE id", cvd.ErrUnavailable)
		}
		ids = append(ids, one.CVE)
	}
	left = -1
	if in.Meta.Left != nil {
		left = *in.Meta.Left
	}
	return ids, left, nil
}

// Filter selects ids; zero members select all.
type Filter struct {
	State State
	Year  int
	After time.Time // reserved later than this
}

// maxPages bounds a list.
const maxPages = 1000

// List reads every page of the organisation's ids.
func (c *Client) List(ctx context.Context, f Filter) ([]ID, error) {
	query := url.Values{}
	if f.State != "" {
		query.Set("state", string(f.State))
	}
	if f.Year != 0 {
		query.Set("cve_id_year", strconv.Itoa(f.Year))
	}
	if !f.After.IsZero() {
		query.Set("time_reserved.gt", f.After.UTC().Format(time.RFC3339))
	}
	var out []ID
	for range maxPages {
		var page struct {
			IDs  []ID `json:"cve_ids"`
			Next *int `json:"nextPage"`
		}
		if err := c.call(ctx, http.MethodGet, "/cve-id", query, nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.IDs...)
		if page.Next == nil {
			return out, nil
		}
		query.Set("page", strconv.Itoa(*page.Next))
	}
	return nil, fmt.Errorf("%w: CVE Services list without end", cvd.ErrUnavailable)
}

// Look reads what is known of one id; cvd.ErrNotFound if nobody reserved it.
func (c *Client) Look(ctx context.Context, cve string) (ID, error) {
	var out ID
	path, err := pathOf("cve-id", cve)
	if err != nil {
		return out, err
	}
	if err := c.call(ctx, http.MethodGet, path, nil, nil, &out); err != nil {
		return out, err
	}
	if out.CVE != cve {
		return out, errors.Join(cvd.ErrUnavailable, errors.New("CVE Services answered for another id"))
	}
	return out, nil
}

// Quota reads how many ids may still be reserved.
func (c *Client) Quota(ctx context.Context) (Quota, error) {
	var out Quota
	err := c.call(ctx, http.MethodGet, "/org/"+url.PathEscape(c.cfg.Org)+"/id_quota", nil, nil, &out)
	return out, err
}
