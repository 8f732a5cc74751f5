package queue

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// claimOne takes one case that nobody holds at once, as its own page does: no reporter is
// told, and it can be given back. What would take it from somebody is asked first, and
// what is refused is shown as for several: then it is not done here.
func (d *desk) claimOne(w http.ResponseWriter, r *http.Request, v lens, row *casework.Row, back string) (done bool, err error) {
	if row.Assignee != "" && row.Assignee != v.Actor.ID {
		return false, nil
	}
	if row.Assignee == "" {
		_, err := d.Site.Desk.As(v.Actor).Do(context.WithoutCancel(r.Context()), row.ID, cvd.VerbClaim, cvd.Input{})
		if err != nil && web.Status(err) < http.StatusInternalServerError {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	said := url.Values{"done": {"claimed"}, "case": {string(row.ID)}}.Encode()
	return true, web.See(w, r, "/desk/?"+strings.TrimPrefix(back+"&"+said, "&")+"#c-"+string(row.ID))
}

// claimed is the case of the address, if the reader holds it; nil otherwise, so that no
// link says what is not so.
func (l lens) claimed(ctx context.Context, s *casework.Session, id string) (*claimedView, error) {
	page, err := s.Cases(ctx, casework.Filter{IDs: []cvd.CaseID{cvd.CaseID(id)}, Assignees: []string{l.Actor.ID}, Limit: 1})
	if err != nil || len(page.Rows) == 0 || string(page.Rows[0].ID) != id {
		return nil, err
	}
	return &claimedView{ID: id, Title: l.batchCase(&page.Rows[0]).Title}, nil
}
