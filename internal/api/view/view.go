// Package view gives cases and threads the shape in which the API shows them:
// to their reporter, to the team.
//
// It never looks anything up and never shows a reporter a word that is the
// team's own.
package view

import (
	"strings"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/words"
)

// Show shows in one language.
type Show struct {
	Voice *words.Voice
}

// File is an attachment as the API names it.
type File struct {
	ID     string `json:"id" doc:"Generated name, by which the file is fetched."`
	Name   string `json:"name" doc:"What the sender called it."`
	Size   int64  `json:"size" doc:"In bytes."`
	SHA256 string `json:"sha256" doc:"Digest of the bytes, in hex."`
}

// FileOf is the file of an event, or nil.
func FileOf(f *cvd.Attachment) *File {
	if f == nil {
		return nil
	}
	return &File{f.Blob, f.Name, f.Size, f.SHA256}
}

// Clock is one promise or duty of a case, as the team sees it.
type Clock struct {
	Kind     cvd.ClockKind `json:"kind"`
	State    string        `json:"state" enum:"running,paused,met,stopped"`
	Started  time.Time     `json:"started"`
	Due      time.Time     `json:"due"`
	Target   bool          `json:"target,omitempty" doc:"A target, never called broken."`
	Passed   time.Time     `json:"passed,omitzero" doc:"The date of a target that went by unmet."`
	Theirs   bool          `json:"theirs,omitempty" doc:"The reporter owes it."`
	Expected time.Time     `json:"expected,omitzero" doc:"The later date that the reporter was told."`
	Warned   time.Time     `json:"warned,omitzero"`
	Breached time.Time     `json:"breached,omitzero"`
	Met      time.Time     `json:"met,omitzero"`
	Paused   time.Time     `json:"paused,omitzero"`
}

// Clocks are clocks with the state that they are in at an instant.
func Clocks(ks []cvd.Clock, at time.Time) []Clock {
	out := make([]Clock, 0, len(ks))
	for _, k := range ks {
		state := "running"
		switch {
		case !k.Met.IsZero():
			state = "met"
		case !k.Stopped.IsZero():
			state = "stopped"
		case !k.Paused.IsZero():
			state = "paused"
		}
		var passed time.Time
		if k.Missed(at) {
			passed = k.Due
		}
		out = append(out, Clock{k.Kind, state, k.Started, k.Due, k.Target, passed, k.Theirs(), k.Expected, k.Warned, k.Breached, k.Met, k.Paused})
	}
	return out
}

// Message is one thing said or told in a thread.
type Message struct {
	Seq     int64         `json:"seq" doc:"Number of the event in its case."`
	At      time.Time     `json:"at"`
	From    string        `json:"from" doc:"In a thread: you, team or fairlead (the server itself). On the desk, reporter stands for you."`
	Kind    cvd.EventType `json:"kind" doc:"What happened."`
	Heading string        `json:"heading" doc:"What happened, in words."`
	Text    string        `json:"text" doc:"What was written; empty for an act without words."`
	Reason  string        `json:"reason,omitempty"`
	Clauses []string      `json:"clauses,omitempty" doc:"Ids of the policy that are cited."`
	Missing []string      `json:"missing,omitempty" doc:"What the team asks for."`
	Clock   cvd.ClockKind `json:"clock,omitempty" doc:"The promise it is about."`
	Until   time.Time     `json:"until,omitzero" doc:"The date that the promise was moved to."`
	Score   *cvd.Score    `json:"score,omitempty"`
	File    *File         `json:"file,omitempty"`
	Outcome string        `json:"outcome,omitempty"`
	CVE     string        `json:"cve,omitempty" doc:"The CVE id it is about."`
	Erased  bool          `json:"erased,omitempty" doc:"The words were removed for good."`
}

// Said gives an event as a message, with no word that is the team's own.
func (s Show) Said(ev *cvd.Event, you string, zone *time.Location) Message {
	to := words.ForReporter
	if you != "you" {
		to = words.ForTeam
	}
	m := Message{
		Seq: ev.Seq, At: ev.At, From: "fairlead", Kind: ev.Type, Erased: ev.Erased(),
		Heading: s.Voice.Event(ev, to, zone).Heading,
	}
	switch who, _, _ := strings.Cut(ev.Actor, "/"); cvd.ActorKind(who) {
	case cvd.ActorReporter, cvd.ActorStranger:
		m.From = you
	case cvd.ActorMember, cvd.ActorMachine:
		m.From = "team"
	}
	if ev.Type == cvd.EventMailAdmitted {
		m.From = you // a member took the words as the reporter's
	}
	b := ev.Body
	if b == nil {
		return m
	}
	m.Text, m.Clauses, m.Missing = b.Text, b.Clauses, b.Missing
	m.Clock, m.Until, m.Score, m.File, m.Outcome = b.Clock, b.Until, b.Score, FileOf(b.File), b.Outcome
	m.CVE = b.CVE
	if ev.Tell == cvd.TellReporter {
		m.Reason = b.Reason
	}
	if b.Report != nil {
		m.Text = b.Report.Description
	}
	return m
}

// InThread tells whether an event belongs to what reporter and team said to
// each other.
func InThread(ev *cvd.Event) bool {
	return ev.Tell == cvd.TellReporter || ev.Actor == string(cvd.ActorReporter)
}

// ThreadCase is one case as its reporter sees it. Like other types that are
// embedded it has a capital letter only so that the document shows its members.
type ThreadCase struct {
	Case     cvd.CaseID         `json:"case"`
	Title    string             `json:"title"`
	State    cvd.RM             `json:"state" enum:"received,invalid,valid,deferred,accepted,closed"`
	Meaning  string             `json:"state_meaning" doc:"The state, in words."`
	Severity cvd.Band           `json:"severity,omitempty"`
	Outcome  string             `json:"outcome,omitempty" doc:"How it ended."`
	Received time.Time          `json:"received_at"`
	Updated  time.Time          `json:"updated"`
	Next     *casework.Promise  `json:"next" doc:"What falls due first; null once the case is closed."`
	Promises []casework.Promise `json:"promises" doc:"All dates to count on, soonest first."`
	Missing  []string           `json:"missing,omitempty" doc:"What the team waits for from you."`
	Release  *Release           `json:"release,omitempty" doc:"What is known of an advisory, a CVE id and the check of a fix."`
	Messages []Message          `json:"messages" doc:"Oldest first."`
	Links    []cvd.Link         `json:"links,omitempty" doc:"The linked cases under the same receipt."`
	Verbs    []cvd.Verb         `json:"verbs" doc:"What you can do now."`
	Erased   bool               `json:"erased,omitempty"`
}

// Thread is the view that a receipt opens: its newest case, and those linked to
// it.
type Thread struct {
	ThreadCase
	Linked []ThreadCase `json:"linked" doc:"The older cases under the same receipt, newest first."`
}

// Thread is one case for its reporter.
func (s Show) Thread(f *casework.File) ThreadCase {
	k := f.Case
	out := ThreadCase{
		Case: k.ID, Title: k.Title, State: k.RM(), Meaning: s.Voice.State(k),
		Severity: k.Band, Outcome: k.Outcome, Received: k.Created, Updated: k.Updated,
		Promises: f.Promises(), Missing: k.Missing, Release: ReleaseOf(k, false), Messages: []Message{}, Verbs: f.Verbs, Erased: f.Erased,
	}
	out.Next = First(out.Promises)
	for _, l := range k.Links {
		if l.Kind == cvd.LinkSuccessorOf || l.Kind == cvd.LinkSucceededBy {
			out.Links = append(out.Links, l)
		}
	}
	if out.Verbs == nil {
		out.Verbs = []cvd.Verb{}
	}
	for i := range f.Events {
		if InThread(&f.Events[i]) {
			out.Messages = append(out.Messages, s.Said(&f.Events[i], "you", Zone(f)))
		}
	}
	return out
}

// First is the soonest promise, or nil.
func First(ps []casework.Promise) *casework.Promise {
	if len(ps) == 0 {
		return nil
	}
	return &ps[0]
}

// Zone is where the dates of a case are read.
func Zone(f *casework.File) *time.Location {
	if f.Policy == nil {
		return time.UTC
	}
	return f.Policy.Calendar.Zone()
}

// Event is one line of a case's history, as the team sees it.
type Event struct {
	Seq      int64             `json:"seq"`
	Type     cvd.EventType     `json:"type"`
	At       time.Time         `json:"at"`
	Actor    string            `json:"actor" doc:"Kind of actor, and member id where there is one."`
	Human    bool              `json:"human,omitempty" doc:"A person stands behind it."`
	Hands    []string          `json:"hands,omitempty" doc:"Who else had one in it, as actor has it: who proposed what was confirmed, and who made the token or the link by which somebody came."`
	Tell     cvd.Telling       `json:"tell" enum:"reporter,team,nobody" doc:"Who hears of it."`
	Arrows   []cvd.Arrow       `json:"arrows,omitempty" doc:"Which machines moved."`
	Clocks   []Clock           `json:"clocks,omitempty" doc:"Each clock that it touched, as it stands after it."`
	Assignee *string           `json:"assignee,omitempty"`
	Severity *cvd.Band         `json:"severity,omitempty"`
	Link     *cvd.Link         `json:"link,omitempty"`
	Pending  *cvd.Pending      `json:"pending,omitempty"`
	Redacts  int64             `json:"redacts,omitempty"`
	Forgets  cvd.ParticipantID `json:"forgets,omitempty"`
	Heading  string            `json:"heading" doc:"What happened, in words."`
	Text     string            `json:"text,omitempty" doc:"To the reporter."`
	Note     string            `json:"note,omitempty" doc:"Team only."`
	Reason   string            `json:"reason,omitempty"`
	Silence  string            `json:"silence,omitempty" doc:"Why the reporter was told nothing."`
	Clauses  []string          `json:"clauses,omitempty"`
	Missing  []string          `json:"missing,omitempty"`
	To       string            `json:"to,omitempty"`
	Clock    cvd.ClockKind     `json:"clock,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
	Score    *cvd.Score        `json:"score,omitempty"`
	File     *File             `json:"file,omitempty"`
	Channel  string            `json:"channel,omitempty"`
	Author   string            `json:"author,omitempty" enum:"reporter,team,other" doc:"Who wrote the words of an old mailbox."`
	Outcome  string            `json:"outcome,omitempty"`
	Mail     *Mail             `json:"mail,omitempty" doc:"How the words came, if by mail; gone once the reporter is forgotten."`
	Files    []File            `json:"files,omitempty" doc:"Of a mail that waits for a member's nod."`
	With     int64             `json:"with,omitempty" doc:"The event of the mail that the file came with."`
	Settles  int64             `json:"settles,omitempty" doc:"The held mail that it rules on."`
	Key      string            `json:"key,omitempty" doc:"An OpenPGP key that came with a mail, armored."`
	Ruling   *cvd.Input        `json:"ruling,omitempty" doc:"What waits for a second person."`
	Erased   bool              `json:"erased,omitempty"`
}

func (s Show) event(ev *cvd.Event, zone *time.Location) Event {
	e := Event{
		Seq: ev.Seq, Type: ev.Type, At: ev.At, Actor: ev.Actor, Human: ev.Human, Hands: ev.Hands, Tell: ev.Tell, Arrows: ev.Arrows,
		Clocks: Clocks(ev.Clocks, ev.At), Assignee: ev.Assignee, Severity: ev.Band, Link: ev.Link, Pending: ev.Pending, Settles: ev.Head.Mail,
		Redacts: ev.Redacts, Forgets: ev.Forgets, Heading: s.Voice.Event(ev, words.ForTeam, zone).Heading, Erased: ev.Erased(),
	}
	b := ev.Body
	if b == nil {
		return e
	}
	e.Text, e.Note, e.Reason, e.Silence, e.Clauses, e.Missing, e.To = b.Text, b.Note, b.Reason, b.Silence, b.Clauses, b.Missing, b.To
	e.Author = b.Author
	e.Mail, e.Files, e.With, e.Key = mailOf(b.Mail), filesOf(b.Files), b.With, b.Key
	e.Clock, e.Until, e.Score, e.File, e.Channel, e.Outcome, e.Ruling = b.Clock, b.Until, b.Score, FileOf(b.File), b.Channel, b.Outcome, b.Input
	return e
}

// Events are lines of history for the team.
func (s Show) Events(evs []cvd.Event, zone *time.Location) []Event {
	out := make([]Event, 0, len(evs))
	for i := range evs {
		out = append(out, s.event(&evs[i], zone))
	}
	return out
}

// Participant is somebody's part in a case.
type Participant struct {
	ID      cvd.ParticipantID     `json:"id"`
	Roles   []cvd.ParticipantRole `json:"roles"`
	State   cvd.RM                `json:"state"`
	Consent cvd.Consent           `json:"consent"`
	Member  string                `json:"member,omitempty"`
	Contact *cvd.Contact          `json:"contact,omitempty" doc:"Only for those who work every case, or audit."`
}

// Participants are those of the case, as far as the actor may know them.
func Participants(a cvd.Actor, k *cvd.Case) []Participant {
	out := make([]Participant, 0, len(k.Participants))
	for _, p := range k.Participants {
		one := Participant{ID: p.ID, Roles: p.Roles, State: p.RM, Consent: p.Consent, Member: p.Member}
		// A fixer named on one case needs the matter, not the person.
		if may.Of(a, cvd.VerbRead) == may.All {
			one.Contact = p.Contact
		}
		out = append(out, one)
	}
	return out
}
