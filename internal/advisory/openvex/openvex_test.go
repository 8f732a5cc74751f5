package openvex_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/openvex"
	"fairlead/internal/cvd"
)

func TestDocuments(t *testing.T) {
	for name, a := range advisorytest.Records(t) {
		b, err := openvex.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		advisorytest.Golden(t, name+openvex.Format.Ext, b)
	}
}

func TestDocumentsAreOfTheSchema(t *testing.T) {
	check := advisorytest.Schema(t, "openvex", "openvex_json_schema.json")
	for name, a := range advisorytest.Records(t) {
		b, err := openvex.Format.Encode(a, advisorytest.Publisher)
		if err == nil {
			err = check(b)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if check([]byte(`{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}`)) == nil {
		t.Error("the schema takes anything")
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := openvex.Format.Encode(advisorytest.Valid(t), advisorytest.Publisher)
		if err == nil {
			err = check(b)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

// The specification demands more than the schema: a reason where nothing is
// affected, what to do where something is.
func TestEveryStatementIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := openvex.Format.Encode(advisorytest.Valid(t), advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Statements []struct {
				Status          string
				Justification   string
				ImpactStatement string `json:"impact_statement"`
				ActionStatement string `json:"action_statement"`
				Products        []struct{ Identifiers map[string]string }
			}
		}
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatal(err)
		}
		for _, s := range d.Statements {
			if s.Status == "not_affected" && s.Justification+s.ImpactStatement == "" || s.Status == "affected" && s.ActionStatement == "" || len(s.Products) == 0 {
				t.Fatalf("%+v", s)
			}
			for _, p := range s.Products {
				if purl := p.Identifiers["purl"]; strings.Contains(purl, "vers=") && p.Identifiers["cpe23"] != "" {
					t.Fatalf("a range is also said of every version: %+v", p)
				}
			}
		}
	})
}

func TestWithdrawnIsNoted(t *testing.T) {
	b, err := openvex.Format.Encode(advisorytest.Records(t)["withdrawn"], advisorytest.Publisher)
	if err != nil || !strings.Contains(string(b), `"status_notes": "2026-04-03T16:45:10Z Withdrawn.`) {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestCovers(t *testing.T) {
	var faults cvd.Faults
	if err := openvex.Format.Covers(&cvd.Advisory{}, advisory.Publisher{}); !errors.As(err, &faults) || len(faults) != 6 {
		t.Errorf("%v", err)
	}
	a := advisorytest.Example()
	a.Vulnerabilities[0].Affects[2].Justification, a.Vulnerabilities[0].Affects[2].Statement = "", ""
	if _, err := openvex.Format.Encode(a, advisorytest.Publisher); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
