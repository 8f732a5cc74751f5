package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"fairlead/internal/intake"
	"fairlead/internal/web"
)

func TestEchoIsBounded(t *testing.T) {
	honest := url.Values{"text": {strings.Repeat("\U0001f41e", intake.MaxMessage)}, "seen": {"1"}}
	if kept, cut := web.Echo(honest); cut || kept.Get("text") != honest.Get("text") || kept.Get("seen") != "1" {
		t.Error("a text of the longest kind was cut")
	}
	many := url.Values{}
	for i := range 2000 {
		many.Add("n"+strconv.Itoa(i), "x")
	}
	for name, typed := range map[string]url.Values{
		"a long value": {"a": {"first"}, "text": {strings.Repeat("é", 1<<20)}},
		"a long name":  {strings.Repeat("n", 1<<20): {"x"}},
		"many values":  {"a": xs(3000)},
		"many names":   many,
	} {
		kept, cut := web.Echo(typed)
		size, count := 0, 0
		for name, values := range kept {
			for _, value := range values {
				size, count = size+len(name)+len(value), count+1
			}
		}
		if !cut || size > web.MaxEcho || count > 1_500 {
			t.Errorf("%s: %d bytes of %d values, cut: %v", name, size, count, cut)
		}
		if name == "a long value" && (kept.Get("a") != "first" || len(kept.Get("text")) < web.MaxEcho-100 || strings.ContainsRune(kept.Get("text"), '\ufffd')) {
			t.Errorf("%s: what fits is not kept", name)
		}
	}
}

func xs(n int) []string { return strings.Split(strings.Repeat("x,", n), ",") }
