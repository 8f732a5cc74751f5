package thread

import (
	"net/http"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web/public"
)

// do does a verb at the cost of its words.
func (p *pub) do(r *http.Request, a *asked, verb cvd.Verb, in cvd.Input) (did casework.Done, err error) {
	n := len(in.Text) + len(in.Reason)
	if in.Contact != nil {
		n = public.Size(a.form)
	}
	err = p.Pay(n, func() error {
		did, err = a.session.Do(r.Context(), a.id, verb, in)
		return err
	})
	return did, err
}
