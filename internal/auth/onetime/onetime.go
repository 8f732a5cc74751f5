// Package onetime is the form of the addresses that let somebody in once: where they lead,
// and how the code comes out of what was pasted.
//
// The code stands in the fragment, which no browser sends (RFC 3986 section 3.5): neither a
// log on the way, nor a mail program's preview, nor a Referer sees it. The package makes no
// code and judges none.
package onetime

import (
	"net/url"
	"strings"
	"unicode"
)

// Where the addresses lead.
const (
	SignInPath     = "/desk/sign-in"
	InvitationPath = "/desk/sign-in/invitation"
)

// The marks before the code in a fragment. The script of the sign-in pages knows them too.
const (
	signInMark     = "link="
	invitationMark = "code="
)

// longest is the most characters of a code (keeper.SecretChars).
const longest = 43

// SignIn is the address, without its origin, of a link that signs a member in.
func SignIn(code string) string { return SignInPath + "#" + signInMark + code }

// Invitation is the address, without its origin, that accepts an invitation.
func Invitation(code string) string { return InvitationPath + "#" + invitationMark + code }

// Code finds the code in what somebody pasted: a whole address or the code alone, broken
// over lines, between signs or written with percent signs, as mail programs do. What holds
// none comes back as nothing that could open anything.
func Code(pasted string) string {
	text := plain(pasted)
	if _, rest, ok := cutLast(text); ok {
		end := strings.IndexFunc(rest, func(r rune) bool { return !ofCode(r) })
		if end >= 0 {
			rest = rest[:end]
		}
		return rest[:min(len(rest), longest)] // words may have followed without a sign between
	}
	return strings.TrimFunc(text, func(r rune) bool { return !ofCode(r) })
}

// Invites tells whether what was pasted is the address of an invitation.
func Invites(pasted string) bool {
	mark, _, ok := cutLast(plain(pasted))
	return ok && mark == invitationMark
}

// plain is the text without what stands for no character of an address.
func plain(pasted string) string {
	if text, err := url.PathUnescape(pasted); err == nil {
		pasted = text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, pasted)
}

// cutLast gives what stands after the last mark, and which it is. No code holds one.
func cutLast(text string) (mark, rest string, ok bool) {
	at := -1
	for _, one := range []string{signInMark, invitationMark} {
		if i := strings.LastIndex(text, one); i > at {
			at, mark = i, one
		}
	}
	if at < 0 {
		return "", "", false
	}
	return mark, text[at+len(mark):], true
}

// ofCode tells whether the character may stand in a code (base64url, RFC 4648 section 5).
func ofCode(r rune) bool {
	return r == '-' || r == '_' || (r < unicode.MaxASCII && (unicode.IsDigit(r) || unicode.IsLetter(r)))
}
