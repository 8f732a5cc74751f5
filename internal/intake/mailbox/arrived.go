package mailbox

import (
	"bufio"
	"bytes"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// earliest is before any mail of the net.
var earliest = time.Date(1982, time.January, 1, 0, 0, 0, 0, time.UTC)

// Arrived is when a message was received, as the topmost trace field says (RFC 5321
// section 4.4), else when it says that it was written. Neither is believed that lies
// after now; then, and where none can be read, it is the zero time.
func Arrived(raw []byte, now time.Time) time.Time {
	head := raw
	for _, end := range []string{"\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 && i < len(head) {
			head = raw[:i+1]
		}
	}
	// A line that is no field ends the header for this reader; what was read before stays.
	fields, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.Clone(head), '\n')))).ReadMIMEHeader()
	for _, said := range []string{last(fields.Get("Received"), ";"), fields.Get("Date")} {
		at, err := mail.ParseDate(strings.TrimSpace(said))
		if err == nil && at.After(earliest) && !at.After(now) {
			return at.UTC()
		}
	}
	return time.Time{}
}

// last is what stands behind the last separator, or nothing.
func last(s, sep string) string {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return ""
	}
	return s[i+len(sep):]
}
