package view

import (
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// CaseFile is one case with its history and thread.
type CaseFile struct {
	Case         cvd.CaseID         `json:"case"`
	Title        string             `json:"title"`
	Program      string             `json:"program"`
	Product      string             `json:"product"`
	Version      string             `json:"version,omitempty" doc:"As the reporter gave it."`
	State        cvd.RM             `json:"state" enum:"received,invalid,valid,deferred,accepted,closed"`
	EM           cvd.EM             `json:"em"`
	Facts        cvd.Facts          `json:"facts"`
	Severity     cvd.Band           `json:"severity"`
	Score        *cvd.Score         `json:"score,omitempty"`
	Outcome      string             `json:"outcome,omitempty"`
	Assignee     string             `json:"assignee"`
	Policy       int                `json:"policy" doc:"The version it came in under."`
	Created      time.Time          `json:"created"`
	Updated      time.Time          `json:"updated"`
	Seq          int64              `json:"seq" doc:"Number of the last event."`
	Flags        cvd.Flags          `json:"flags"`
	Missing      []string           `json:"missing,omitempty" doc:"What the reporter was asked for."`
	Release      *Release           `json:"release,omitempty"`
	Post         *Post              `json:"post,omitempty" doc:"What mail asks of the team."`
	Pending      *cvd.Pending       `json:"pending,omitempty" doc:"A ruling that waits for a second person."`
	Links        []cvd.Link         `json:"links,omitempty"`
	Next         *casework.Promise  `json:"next"`
	Promises     []casework.Promise `json:"promises"`
	Clocks       []Clock            `json:"clocks"`
	Participants []Participant      `json:"participants"`
	Report       *cvd.Report        `json:"report" doc:"As it was sent; null once removed."`
	Messages     []Message          `json:"messages" doc:"The thread, oldest first."`
	History      []Event            `json:"history" doc:"Every event, oldest first."`
	Verbs        []cvd.Verb         `json:"verbs" doc:"What you may do to it now."`
	Readers      []casework.Read    `json:"readers" doc:"Who opened it lately."`
	Erased       bool               `json:"erased,omitempty"`
}

// Done is the answer to a verb.
type Done struct {
	Case      cvd.CaseID         `json:"case"`
	State     cvd.RM             `json:"state"`
	Severity  cvd.Band           `json:"severity,omitempty"`
	Assignee  string             `json:"assignee,omitempty"`
	Release   *Release           `json:"release,omitempty"`
	Next      *casework.Promise  `json:"next"`
	Promises  []casework.Promise `json:"promises"`
	Events    []Event            `json:"events" doc:"What was recorded."`
	Verbs     []cvd.Verb         `json:"verbs" doc:"What you may do next."`
	Receipt   string             `json:"receipt,omitempty" doc:"A new receipt, shown once; of reissue only."`
	Successor cvd.CaseID         `json:"successor,omitempty" doc:"The new case; of successor only."`
	File      *File              `json:"file,omitempty" doc:"Of attach only."`
}

// Preview is what a verb would do.
type Preview struct {
	Case     cvd.CaseID         `json:"case"`
	State    cvd.RM             `json:"state" doc:"Where the case would stand."`
	Told     []Message          `json:"told" doc:"What the reporter would read in the thread; empty if nothing."`
	Notice   bool               `json:"notice" doc:"Whether a notice would also go out."`
	Next     *casework.Promise  `json:"next"`
	Promises []casework.Promise `json:"promises"`
	Events   []Event            `json:"events" doc:"What would be recorded."`
}
