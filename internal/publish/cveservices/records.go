package cveservices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"

	"fairlead/internal/cvd"
)

// Act is a request that changes something.
type Act struct {
	Method string
	Path   string // with its query, below the base address
	Body   []byte
}

// What was done to a record.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged" // it says so already
	Planned   = "planned"   // nothing was sent, since the client is not live
)

// Result is what became of an act.
type Result struct {
	Did string
	Act *Act // what was sent, or without Live what would be; nil for Unchanged
}

// Publish sees to it that the id's record says what the CNA container says: it is
// created, updated, or left alone when it says so. A rejected id is a
// cvd.ErrNotReady; see Restore.
func (c *Client) Publish(ctx context.Context, cve string, container []byte) (Result, error) {
	return c.put(ctx, cve, "cna", Published, container)
}

// Reject sees to it that the id is rejected for the reasons of the container.
func (c *Client) Reject(ctx context.Context, cve string, container []byte) (Result, error) {
	return c.put(ctx, cve, "reject", Rejected, container)
}

// put brings an id into a state with a container.
func (c *Client) put(ctx context.Context, cve, what string, state State, container []byte) (Result, error) {
	path, err := pathOf("cve", cve)
	if err != nil {
		return Result{}, err
	}
	body, err := wrap(container)
	if err != nil {
		return Result{}, err
	}
	act := &Act{http.MethodPost, path + "/" + what, body}
	if !c.cfg.Live {
		return Result{Planned, act}, nil
	}
	id, err := c.Look(ctx, cve)
	if err != nil {
		return Result{}, err
	}
	old, err := c.record(ctx, cve)
	if err != nil {
		return Result{}, err
	}
	switch {
	case id.State == Rejected && state == Published:
		return Result{}, fmt.Errorf("%w: the id was rejected; restore it first", cvd.ErrNotReady)
	case old != nil && id.State == state && same(old, container):
		return Result{Did: Unchanged}, nil
	case old != nil:
		act.Method = http.MethodPut
	}
	if err := c.send(ctx, act); err == nil || !crossed(err) {
		return done(act), err
	}
	// Somebody, perhaps this client before its answer was lost, was faster.
	if old, err = c.record(ctx, cve); err != nil {
		return Result{}, err
	}
	if old != nil && same(old, container) {
		return Result{Did: Unchanged}, nil
	}
	act.Method = http.MethodPost
	if old != nil {
		act.Method = http.MethodPut
	}
	return done(act), c.send(ctx, act)
}

func done(act *Act) Result {
	if act.Method == http.MethodPost {
		return Result{Created, act}
	}
	return Result{Updated, act}
}

// crossed tells that a record came or went between looking and sending.
func crossed(err error) bool {
	return code(err, "CVE_RECORD_EXISTS") || code(err, "CVE_RECORD_DNE")
}

func (c *Client) send(ctx context.Context, act *Act) error {
	return c.call(ctx, act.Method, act.Path, nil, act.Body, nil)
}

// wrap puts the container where the services want it.
func wrap(container []byte) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(container, &object); err != nil || len(object) == 0 {
		return nil, fmt.Errorf("%w: the container is no JSON object", cvd.ErrUnreadable)
	}
	return json.Marshal(map[string]json.RawMessage{"cnaContainer": container})
}

// record reads the CNA container of an id, nil for one that has no record.
func (c *Client) record(ctx context.Context, cve string) (json.RawMessage, error) {
	path, err := pathOf("cve", cve)
	if err != nil {
		return nil, err
	}
	var in struct {
		Containers struct {
			CNA json.RawMessage `json:"cna"`
		} `json:"containers"`
	}
	err = c.call(ctx, http.MethodGet, path, nil, nil, &in)
	if errors.Is(err, cvd.ErrNotFound) {
		return nil, nil
	}
	return in.Containers.CNA, err
}

// same compares what two containers say. Who provides it, and when, is the
// services' own to write.
func same(a, b []byte) bool {
	var x, y map[string]any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	delete(x, "providerMetadata")
	delete(y, "providerMetadata")
	return reflect.DeepEqual(x, y)
}

// Restore makes a rejected id that has no record reserved again. A reserved one is
// left as it is.
func (c *Client) Restore(ctx context.Context, cve string) (Result, error) {
	return c.move(ctx, cve, Rejected, Reserved)
}

// Release makes a reserved id rejected without a record: it was never used.
func (c *Client) Release(ctx context.Context, cve string) (Result, error) {
	return c.move(ctx, cve, Reserved, Rejected)
}

// move changes the state of an id alone.
func (c *Client) move(ctx context.Context, cve string, from, to State) (Result, error) {
	path, err := pathOf("cve-id", cve)
	if err != nil {
		return Result{}, err
	}
	query := url.Values{"state": {string(to)}}
	act := &Act{Method: http.MethodPut, Path: path + "?" + query.Encode()}
	if !c.cfg.Live {
		return Result{Planned, act}, nil
	}
	id, err := c.Look(ctx, cve)
	switch {
	case err != nil:
		return Result{}, err
	case id.State == to:
		return Result{Did: Unchanged}, nil
	case id.State != from:
		return Result{}, fmt.Errorf("%w: the id is %s", cvd.ErrNotReady, id.State)
	}
	err = c.call(ctx, http.MethodPut, path, query, nil, nil)
	return Result{Updated, act}, err
}
