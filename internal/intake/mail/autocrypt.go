package mail

import (
	"encoding/base64"
	"strings"
)

// autocrypt reads the key of the one valid header whose address is that of From
// (Autocrypt level 1, sections 2.1 and 2.3). Two valid ones are as good as none.
func (r *reading) autocrypt(e *entity) []byte {
	if len(r.m.From) != 1 {
		return nil
	}
	var found []byte
	valid := 0
	for _, value := range e.all("autocrypt") {
		addr, key := autocryptHeader(value)
		if key == nil || !strings.EqualFold(addr, r.m.From[0].Email) {
			r.doubts.add(doubtAutocrypt)
			continue
		}
		found = key
		valid++
	}
	if valid != 1 {
		return nil
	}
	return found
}

// autocryptHeader reads one header; key is nil if it is not valid. An attribute that
// is not known makes it invalid, unless its name begins with an underscore.
func autocryptHeader(value string) (addr string, key []byte) {
	attributes := strings.Split(strings.TrimRight(value, "; \t"), ";")
	for i, attribute := range attributes {
		name, v, ok := strings.Cut(attribute, "=")
		if !ok {
			return "", nil
		}
		v = strings.TrimSpace(v)
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == "addr" && addr == "":
			addr = v
		case name == "prefer-encrypt", strings.HasPrefix(name, "_"):
		case name == "keydata" && i == len(attributes)-1:
			v = strings.Join(strings.Fields(v), "")
			if len(v) > maxAutocrypt {
				return "", nil
			}
			data, err := base64.StdEncoding.DecodeString(v)
			if err != nil || len(data) == 0 {
				return "", nil
			}
			key = data
		default:
			return "", nil
		}
	}
	if addr == "" {
		return "", nil
	}
	return addr, key
}
