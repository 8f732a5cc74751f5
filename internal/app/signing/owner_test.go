package signing_test

import (
	"slices"
	"testing"

	"fairlead/internal/app/signing"
	"fairlead/internal/policy"
)

// Whoever writes to any mailbox that the policy names finds the key for it.
func TestMails(t *testing.T) {
	p := &policy.Policy{
		Programs: []policy.Program{{ID: "harbour", Mail: "Harbour-Security@example.org"}, {ID: "tide"}, {ID: "quay", Mail: "security@example.org"}},
		Contacts: []policy.Contact{{URI: "https://example.org/report"}, {URI: "mailto:Security@example.org?subject=x"}, {URI: "mailto:psirt%40example.org"}, {URI: "mailto:nobody"}},
	}
	want := []string{"security@example.org", "psirt@example.org", "harbour-security@example.org"}
	if got := signing.Mails(p); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := signing.Mails(&policy.Policy{}); len(got) != 0 {
		t.Errorf("%q of a policy that names none", got)
	}
}
