package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// device puts a device that keeps passkeys beside the browser, and takes the one
// before away.
func (p person) device(before webauthn.AuthenticatorID) webauthn.AuthenticatorID {
	p.t.Helper()
	if before == "" {
		if _, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			p.t.Fatal(err)
		}
	} else if _, err := chromedp.Call(p.ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: before}); err != nil {
		p.t.Fatal(err)
	}
	made, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	return made.AuthenticatorID
}

// verified says whether the device recognizes its owner.
func (p person) verified(id webauthn.AuthenticatorID, yes bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: yes})
	if err != nil {
		p.t.Fatal(err)
	}
}

// holds reads the page once it holds the element. The page before may be going
// away under it, which is no reason to give up.
func (p person) holds(selector string) string {
	p.t.Helper()
	for {
		err := chromedp.Do(p.ctx, chromedp.WaitReady(chromedp.CSS(selector)))
		text := ""
		if err == nil {
			text, err = chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS("main")))
		}
		if err == nil {
			return text
		}
		if p.ctx.Err() != nil || !strings.Contains(err.Error(), "context") {
			p.t.Fatalf("%s: %v", selector, err)
		}
	}
}

// hit presses Enter on something, wherever that leads.
func (p person) hit(selector string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.SendKeys(chromedp.CSS(selector), "\r")); err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
}

// unoffered has the browser say on all pages to come that it offers no passkeys where
// an address is typed, as older ones do. One with a simulated device chooses by itself.
func (p person) unoffered() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false`,
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p person) signOut(origin string) {
	p.t.Helper()
	p.goTo(origin + "/desk/me")
	p.press(`form[action="/desk/sign-out"] button`)
}

// Somebody adds passkeys on two devices and signs in with them; a device that does
// not recognize its owner, and a passkey that was removed, open nothing.
func TestPasskeys(t *testing.T) {
	_, member := people(t)
	h := open(t)
	here := strings.Replace(h.URL, "127.0.0.1", "localhost", 1)
	member.goTo(h.URL + "/desk/sign-in")
	has(t, "the sign-in at an address of numbers", member.read(), "no passkeys here")

	member.unoffered()
	first := member.device("")
	member.goTo(strings.Replace(h.SignIn, "127.0.0.1", "localhost", 1))
	member.press(`form[action="/desk/sign-in"] button`)
	add := func(name string) {
		member.goTo(here + "/desk/me/passkeys")
		member.fill(`[name="name"]`, name)
		member.hit(`form[action="/desk/me/passkeys/begin"] button`)
	}
	add("The laptop")
	has(t, "the list", member.holds(`form[action="/desk/me/passkeys/remove"]`), "The laptop", "You have only one.")
	add("The laptop again")
	has(t, "the same device again", member.holds(`[data-failed="known"]:not([hidden])`), "keeps a passkey of yours already")

	signIn := func() {
		member.goTo(here + "/desk/sign-in")
		member.hit(`form[action="/desk/sign-in/passkey"] button`)
	}
	member.signOut(here)
	member.verified(first, false)
	signIn()
	has(t, "a device that does not know its owner", member.holds(`[data-failed="refused"]:not([hidden])`), "Nothing came back")
	member.verified(first, true)
	member.hit(`[data-again]:not([hidden]) button`)
	has(t, "the queue", member.holds("html.desk nav.account"), "Queue")

	member.device(first)
	add("The phone")
	has(t, "the list", member.holds(`section.card:nth-of-type(2) form[action="/desk/me/passkeys/remove"]`), "The laptop", "The phone", "Remove")
	member.signOut(here)
	signIn()
	member.holds("html.desk nav.account")

	member.goTo(here + "/desk/me/passkeys")
	member.hit(`main section.card summary`) // the newest
	has(t, "after removing", member.press(`main section.card form button`), "The passkey is removed", "You have only one.", "The laptop")
	member.signOut(here)
	signIn()
	has(t, "a passkey that was removed", member.holds(`main .notice.alarm`), "That passkey did not work")
}

// Where the browser offers passkeys in the field for the address, choosing one signs
// in: nothing is typed and no button is pressed.
func TestPasskeyIsOfferedInTheField(t *testing.T) {
	_, member := people(t)
	h := open(t)
	here := strings.Replace(h.URL, "127.0.0.1", "localhost", 1)
	device := member.device("")
	member.goTo(strings.Replace(h.SignIn, "127.0.0.1", "localhost", 1))
	member.press(`form[action="/desk/sign-in"] button`)
	member.goTo(here + "/desk/me/passkeys")
	member.fill(`[name="name"]`, "The laptop")
	member.hit(`form[action="/desk/me/passkeys/begin"] button`)
	member.holds(`form[action="/desk/me/passkeys/remove"]`)
	member.verified(device, false) // it chooses nothing until it knows its owner
	member.signOut(here)
	member.verified(device, true)
	member.goTo(here + "/desk/sign-in?next=/desk/me")
	has(t, "where they wanted to go", member.holds(`form[action="/desk/me/profile"]`), "1 passkey", "This one")
}
