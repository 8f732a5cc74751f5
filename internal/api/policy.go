package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
)

// Edition is one version of the policy.
type Edition struct {
	Number    int              `json:"number"`
	Revision  string           `json:"revision" doc:"The author's own label."`
	Digest    string           `json:"digest" doc:"SHA-256 of the file, in hex: what officers sign."`
	Published time.Time        `json:"published"`
	Effective *time.Time       `json:"effective" doc:"Since when it is in effect; null while it waits for its sign-offs."`
	Missing   []policy.SignOff `json:"missing" doc:"The sign-offs that it still needs."`
}

func editionOf(v *rulebook.Version) Edition {
	e := Edition{Number: v.Number, Revision: v.Policy.Revision, Digest: v.Digest, Published: v.Published, Missing: v.Missing()}
	if !v.Effective.IsZero() {
		e.Effective = &v.Effective
	}
	if e.Missing == nil {
		e.Missing = []policy.SignOff{}
	}
	return e
}

// editions is the policy in effect, and what waits to follow it.
type editions struct {
	Edition
	Waiting []Edition `json:"waiting,omitempty" doc:"Versions that wait for their sign-offs; shown with a token of those who may look at them."`
}

func (c *call) showPolicy() error {
	all := c.Book.Versions()
	var out editions
	if may.Tend(c.actor, may.AreaPolicy) >= may.Look {
		for _, v := range all.Waiting() {
			out.Waiting = append(out.Waiting, editionOf(v))
		}
	}
	cur := all.Current()
	if cur == nil && len(out.Waiting) == 0 {
		return fmt.Errorf("%w: no version of the policy is in effect", cvd.ErrNotFound)
	}
	if cur != nil {
		out.Edition = editionOf(cur)
	} else {
		out.Missing = []policy.SignOff{}
	}
	return c.answer(http.StatusOK, out)
}

// The media types of a policy file (RFC 9512 names the first).
var policyTypes = []string{"application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml", "text/plain"}

// publish adds a version of the policy. It waits for its sign-offs, if it
// demands any.
func (c *call) publish() error {
	raw, err := c.body(maxPolicy, policyTypes...)
	if err != nil {
		return err
	}
	v, err := c.Book.Publish(c.r.Context(), c.actor, raw, c.found...)
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", c.BaseURL(c.r)+pathPolicy)
	return c.answer(http.StatusCreated, editionOf(v))
}

// signing is an officer's act over a version.
type signing struct {
	Office string `json:"office,omitempty" doc:"The title under which you sign, as the policy names it. Left out by a lead or an officer, the act is the review of a policy that asks nobody for one: it stays as it is."`
	Act    string `json:"act" enum:"reviewed,approved"`
	Digest string `json:"digest" doc:"Of the version that you read."`
	Note   string `json:"note,omitempty"`
}

func (c *call) sign() error {
	n, err := strconv.Atoi(c.r.PathValue("number"))
	if err != nil {
		return cvd.ErrNotFound
	}
	var in signing
	if err := c.read(&in, false); err != nil {
		return err
	}
	var wrong cvd.Faults
	if in.Act != "reviewed" && in.Act != "approved" {
		wrong = append(wrong, c.Fault("act", "choice", "names", "reviewed, approved"))
	}
	if in.Digest == "" {
		wrong = append(wrong, c.Fault("digest", "digest"))
	}
	v, err := c.Book.Sign(c.r.Context(), c.actor, n, in.Office, in.Act, in.Digest, in.Note, intake.Join(c.found, wrong)...)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, editionOf(v))
}
