// Package post is how mail finds its case: the unguessable names under which our
// letters go out and answers come back, and the index of the mails that came in.
//
// It never reads a mail, never tells whether a sender is who they say, and gives
// nobody a right: who may speak in a case is decided by whoever asks.
package post

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/store/vault"
)

// The first letters of the tags behind the plus of an address.
const (
	replyTag  = "r"
	bounceTag = "b"
)

// The domains of the macs, one for each use, so that none serves for another.
const (
	domainRef    = "mail/ref"
	domainReply  = "mail/reply"
	domainBounce = "mail/bounce"
	domainParty  = "mail/party"
)

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// mac is 128 bits over the value as 26 letters and digits: it survives a mail system
// that folds case, and nobody without the server's key can make one.
func mac(v *vault.Vault, domain, value string) string {
	blind := v.Blind(domain, value)
	b, err := base64.RawURLEncoding.DecodeString(blind)
	if err != nil { // not since the format was frozen
		b = []byte(blind)
	}
	return lower.EncodeToString(b)
}

// LetterKey is the key of the effect by which the reporter is told of an event.
func LetterKey(id cvd.CaseID, seq int64) string {
	return fmt.Sprintf("%s/%d/%s/%s", id, seq, cvd.EffectNotifyReporter, cvd.Reporter)
}

// SeqOf is the event that a letter with that key is about; 0 if it is no such key.
func SeqOf(key string) int64 {
	f := strings.Split(key, "/")
	if len(f) != 4 {
		return 0
	}
	seq, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return 0
	}
	return seq
}

func name(v *vault.Vault, domain string, id cvd.CaseID, seq int64) string {
	return fmt.Sprintf("%s.%d.%s", strings.ToLower(string(id)), seq, mac(v, domain, LetterKey(id, seq)))
}

// Ref names the letter to the reporter about an event: the part of its Message-ID
// before the host (RFC 5322 section 3.6.4), the same each time it is made.
func Ref(v *vault.Vault, id cvd.CaseID, seq int64) string { return name(v, domainRef, id, seq) }

// BounceTag is what stands behind the plus of the envelope's sender of that letter.
func BounceTag(v *vault.Vault, id cvd.CaseID, seq int64) string {
	return bounceTag + "." + name(v, domainBounce, id, seq)
}

// ReplyTag is what stands behind the plus of the address that a participant answers to.
func ReplyTag(v *vault.Vault, id cvd.CaseID, who cvd.ParticipantID) string {
	return fmt.Sprintf("%s.%s.%s", replyTag, strings.ToLower(string(id)), mac(v, domainReply, string(id)+"/"+string(who)))
}

// PartyRef names a letter to somebody outside, by what tells it from all others: nothing
// of the case is in it, and no answer finds back by it.
func PartyRef(v *vault.Vault, name string) string { return "p." + mac(v, domainParty, name) }

// parse reads CASE.SEQ.MAC and checks it.
func parse(v *vault.Vault, domain, s string) (cvd.CaseID, int64, bool) {
	f := strings.Split(strings.ToLower(s), ".")
	if len(f) != 3 {
		return "", 0, false
	}
	id, err := cvd.ParseCaseID(f[0])
	if err != nil {
		return "", 0, false
	}
	seq, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil || seq < 1 || name(v, domain, id, seq) != strings.Join(f, ".") {
		return "", 0, false
	}
	return id, seq, true
}

// ParseRef reads a Message-ID of ours, without brackets; the host does not matter.
func ParseRef(v *vault.Vault, messageID string) (cvd.CaseID, int64, bool) {
	local, _, _ := strings.Cut(messageID, "@")
	return parse(v, domainRef, local)
}

// tagOf is what stands behind the first plus of an address.
func tagOf(address string) string {
	local := address
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		local = address[:i]
	}
	_, tag, _ := strings.Cut(local, "+")
	return strings.ToLower(tag)
}

// ParseReply reads the case from an address that answers go to.
func ParseReply(v *vault.Vault, address string) (cvd.CaseID, bool) {
	f := strings.Split(tagOf(address), ".")
	if len(f) != 3 || f[0] != replyTag {
		return "", false
	}
	id, err := cvd.ParseCaseID(f[1])
	return id, err == nil && ReplyTag(v, id, cvd.Reporter) == strings.Join(f, ".")
}

// ParseBounce reads the letter from an address that bounces go to.
func ParseBounce(v *vault.Vault, address string) (cvd.CaseID, int64, bool) {
	rest, ours := strings.CutPrefix(tagOf(address), bounceTag+".")
	if !ours {
		return "", 0, false
	}
	return parse(v, domainBounce, rest)
}
