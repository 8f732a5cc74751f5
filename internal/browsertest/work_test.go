package browsertest

import (
	"bytes"
	"testing"

	"fairlead/examples"
)

// Where the policy asks for work, a browser with scripts does it while the reporter
// types, and nobody sees any of it.
func TestWorkIsDoneWhileOneTypes(t *testing.T) {
	_, stranger := people(t)
	h := start(t, true, bytes.Replace(examples.SignedPolicy, []byte("  attachments_total:"), []byte("  proof_of_work: true\n  attachments_total:"), 1))
	stranger.goTo(h.URL + "/report")
	stranger.fill(`[name="description"]`, "The link signs in a second time.")
	stranger.waits("document.querySelector('[name=worked]').value !== ''")
	stranger.point(`.stepped [href="#step-3"]`)
	has(t, "the confirmation", stranger.press(`.send button.main`), "Your receipt")
}
