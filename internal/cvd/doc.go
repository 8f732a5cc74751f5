// Package cvd holds the words of coordinated vulnerability disclosure: reports,
// cases, participants, embargoes, events and effects, and the state machines
// that move a case.
//
// It never does anything: no I/O, no clock, no context, no library but the
// standard one. Everything else in the house speaks in these words.
//
// The machines follow the CERT Guide to Coordinated Vulnerability Disclosure
// and the Vultron protocol: Report Management (RM), Embargo Management (EM) and
// Case State (CS).
package cvd
