// Package program names a browser by what it calls itself.
//
// It is for people who look for a session that is not theirs. It never decides anything:
// whoever writes a User-Agent can write any.
package program

import "strings"

// browsers and systems are asked in this order: many programs name the others too.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	}
)

// Name is the browser and the system of a User-Agent (RFC 9110 section 10.1.5), such as
// "Firefox · Linux"; what it does not know stays as it is.
func Name(agent string) string {
	browser := named(browsers, agent)
	if browser == "" {
		return agent
	}
	if system := named(systems, agent); system != "" {
		return browser + " · " + system
	}
	return browser
}

func named(list [][2]string, agent string) string {
	for _, one := range list {
		if strings.Contains(agent, one[0]) {
			return one[1]
		}
	}
	return ""
}
