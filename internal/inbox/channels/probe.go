package channels

import (
	"crypto/subtle"
	"encoding/base32"
	"strconv"
	"strings"
	"time"
)

// probe begins the Message-ID of a test.
const probe = "probe"

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID is the Message-ID of a test that is sent by the channel at the instant, which it
// holds in milliseconds. Nobody else can make one.
func (b *Board) ID(name string, at time.Time) string {
	body := letters.EncodeToString([]byte(name)) + "." + strconv.FormatInt(at.UnixMilli(), 36)
	return probe + "." + body + "." + b.mark(body) + "@" + b.Host
}

func (b *Board) mark(body string) string { return strings.ToLower(b.Mark("probe/" + body)) }

// life is for how long a test that arrives still tells something of its channel.
const life = 7 * 24 * time.Hour

// Read tells whether a Message-ID is that of a test of ours, of which channel, and
// when it was sent.
func (b *Board) Read(id string) (name string, sent time.Time, ok bool) {
	local, _, _ := strings.Cut(id, "@")
	part := strings.Split(local, ".")
	if len(part) != 4 || part[0] != probe {
		return "", time.Time{}, false
	}
	if want := b.mark(part[1] + "." + part[2]); subtle.ConstantTimeCompare([]byte(part[3]), []byte(want)) != 1 {
		return "", time.Time{}, false
	}
	raw, err1 := letters.DecodeString(part[1])
	n, err2 := strconv.ParseInt(part[2], 36, 64)
	sent = time.UnixMilli(n).UTC()
	if err1 != nil || err2 != nil || b.Now().Sub(sent) > life {
		return "", time.Time{}, false
	}
	return string(raw), sent, true
}
