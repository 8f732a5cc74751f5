package program

import "testing"

func TestName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox · Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                         "Chrome · Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0":           "Edge · Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15":                   "Safari · macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1": "Safari · iOS",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36":                         "Chrome · Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1":  "Chrome · iOS",
		"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36":  "Samsung Internet · Android",
		"w3m/0.5.3+git20230121":       "w3m",
		"curl/8.5.0":                  "curl",
		"Go-http-client/1.1":          "Go",
		"python-requests/2.32.3":      "Python",
		"Python-urllib/3.13":          "Python",
		"a tool of ours":              "a tool of ours",
		"/1":                          "/1",
		"Mozilla/5.0 (compatible; x)": "Mozilla/5.0 (compatible; x)",
		"Firefox/1":                   "Firefox",
		"":                            "",
	} {
		if got := Name(agent); got != want {
			t.Errorf("%q is called %q, not %q", agent, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "fe80::1%eth0": "fe80::1", "2001:db8::/64": "2001:db8::/64", "@": "", "": "",
	} {
		if got := Address(from); got != want {
			t.Errorf("%q reads %q, not %q", from, got, want)
		}
	}
}
