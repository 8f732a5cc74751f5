package public_test

import (
	"testing"

	"fairlead/internal/web"
	"fairlead/internal/web/public"
	"fairlead/internal/web/webtest"
)

func house(t *testing.T, policyFile string, change func(*web.Config)) *webtest.House {
	t.Helper()
	return webtest.New(t, policyFile, change, public.Register)
}

func TestSmoke(t *testing.T) {
	h := house(t, "signed-policy.yaml", nil)
	for _, path := range []string{"/", "/policy", "/policy.md", "/policy/versions/1", "/policy/diff", "/policy/feedback", "/report", "/thread", "/advisories", "/performance", "/ledger/"} {
		a := h.Browser().Get(path).Check(h, 200)
		t.Log(path, len(a.Body))
	}
}
