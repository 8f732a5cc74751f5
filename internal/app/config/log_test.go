package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/config"
)

// What came from a stranger stays in one value of one line, whatever line ends and signs
// it holds; programs read each line, and its time says its offset (ASVS 5.0.0, V16.2.2,
// V16.2.4 and V16.4.1).
func TestOneEntryIsOneLine(t *testing.T) {
	const hostile = "x\r\ntime=2026-01-01T00:00:00Z level=ERROR msg=\"forged\"\n{\"msg\":\"forged\"}\u2028\x1b[2J\x00\xff"
	for _, format := range []string{"", "text", "json"} {
		var b bytes.Buffer
		log := config.Log{Format: format}.Logger(&b)
		log.Warn("refused", "route", hostile, "err", errors.New(hostile))
		out := b.String()
		if strings.Count(out, "\n") != 1 || !strings.HasSuffix(out, "\n") || strings.ContainsAny(out[:len(out)-1], "\r\x1b\x00") {
			t.Fatalf("%q: %q", format, out)
		}
		at := ""
		if format == "json" {
			var line map[string]string
			if err := json.Unmarshal(b.Bytes(), &line); err != nil || line["msg"] != "refused" || line["level"] != "WARN" || !strings.HasPrefix(line["route"], "x\r\ntime=") {
				t.Errorf("%v %v", line, err)
			}
			at = line["time"]
		} else {
			m := regexp.MustCompile(`^time=(\S+) level=WARN msg=refused route="([^"\\]|\\.)*" err="([^"\\]|\\.)*"\n$`).FindStringSubmatch(out)
			if m == nil {
				t.Fatalf("no reader of key=value finds its way in %q", out)
			}
			at = m[1]
		}
		if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
			t.Errorf("%q: the time is %q", format, at)
		}
	}
}

// No name, password or key of a service comes with the program: where the operator gives
// none, there is none (ASVS 5.0.0, V13.2.3).
func TestNoCredentialIsFilledIn(t *testing.T) {
	cfg, err := read(t, "mail:\n  relay: mail.example.org:587\n  from: security@example.org\n  smtp:\n    listen: 127.0.0.1:0\n")
	if err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(?i)user|pass|secret|key|token|dsn|credential`)
	looked := 0
	var look func(at string, v reflect.Value)
	look = func(at string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				look(at, v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				look(at+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.String:
			if secret.MatchString(at[strings.LastIndex(at, ".")+1:]) {
				if looked++; v.String() != "" {
					t.Errorf("%s is %q", at, v.String())
				}
			}
		}
	}
	look("Config", reflect.ValueOf(cfg))
	if looked < 8 {
		t.Errorf("only %d fields were looked at", looked)
	}
}
