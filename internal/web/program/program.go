// Package program names a browser or another program by what it calls itself, and says
// where it came from.
//
// It is for people who look for a session that is not theirs. It never decides anything:
// whoever writes a User-Agent can write any.
package program

import (
	"net/netip"
	"strings"
)

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
	libraries = [][2]string{
		{"Go-http-client/", "Go"},
		{"python-", "Python"},
		{"Python-", "Python"},
	}
)

// Name is the browser and the system of a User-Agent (RFC 9110 section 10.1.5), such as
// "Firefox · Linux", of another program its first product without the version; what is
// neither stays as it is.
func Name(agent string) string {
	browser := named(browsers, agent)
	if browser == "" {
		return product(agent)
	}
	if system := named(systems, agent); system != "" {
		return browser + " · " + system
	}
	return browser
}

func product(agent string) string {
	if library := named(libraries, agent); library != "" {
		return library
	}
	first, _, _ := strings.Cut(agent, " ")
	if name, _, versioned := strings.Cut(first, "/"); versioned && name != "" && name != "Mozilla" {
		return name
	}
	return agent
}

// Address is where a request came from, as people write it; empty where it came through a
// socket of this machine, which has none.
func Address(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return strings.TrimPrefix(from, "@")
	}
	return ip.Unmap().WithZone("").String()
}

func named(list [][2]string, agent string) string {
	for _, one := range list {
		if strings.Contains(agent, one[0]) {
			return one[1]
		}
	}
	return ""
}
