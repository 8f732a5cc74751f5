package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fairlead/internal/api/view"
	"fairlead/internal/casework"
)

// look reads a reporter's thread for the checks, without printing it.
func (s *story) look(ts *testscript.TestScript, name string) view.Thread {
	var t view.Thread
	w := s.quietly(ts, false, request("GET", "/api/v1/thread", s.receipt(ts, name), nil))
	check(ts, json.Unmarshal(w.Body.Bytes(), &t))
	return t
}

// history is the latest case as a lead reads it.
func (s *story) history(ts *testscript.TestScript) (f struct {
	State   string
	History []view.Event
},
) {
	w := s.quietly(ts, false, request("GET", "/api/v1/cases/"+ts.Getenv("CASE"), s.bearer(ts, "mara"), nil))
	check(ts, json.Unmarshal(w.Body.Bytes(), &f))
	return f
}

// state accepted [NAME]   the latest case stands there, or the one in the
// reporter's thread
func storyState(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "state STATE [NAME]")
	s := of(ts)
	var got string
	if len(args) > 1 {
		got = string(s.look(ts, args[1]).State)
	} else {
		got = s.history(ts).State
	}
	if (got == args[0]) == neg {
		ts.Fatalf("the case is %s", got)
	}
}

// promise ann follow-up INSTANT [target]   the reporter is promised exactly
// that. "! promise ann fix": nothing of the kind is promised now.
func storyPromise(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "promise NAME KIND INSTANT [target]")
	var all []string
	for _, p := range of(ts).look(ts, args[0]).Promises {
		text := fmt.Sprintf("%s %s", p.Kind, p.Due.Format(time.RFC3339))
		if p.Target {
			text += " target"
		}
		all = append(all, text)
		if string(p.Kind) != args[1] {
			continue
		}
		if neg {
			ts.Fatalf("there is %s", text)
		}
		if len(args) < 3 || !p.Due.Equal(instant(ts, args[2])) || p.Target != slices.Contains(args[3:], "target") {
			break
		}
		return
	}
	if !neg {
		ts.Fatalf("promised is: %s", strings.Join(all, ", "))
	}
}

// told ann invalidated REGEXP…   the reporter's thread holds such a message, and
// the latest of its kind says all that. "! told ann warned": none of the kind,
// or with a text that it does not say this.
func storyTold(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "told NAME KIND [REGEXP…]")
	var last *view.Message
	thread := of(ts).look(ts, args[0])
	for i, m := range thread.Messages {
		if string(m.Kind) == args[1] {
			last = &thread.Messages[i]
		}
	}
	if last == nil {
		if !neg {
			ts.Fatalf("%s was told nothing of the kind", args[0])
		}
		return
	}
	text := fmt.Sprintf("%s %s: %s\n%s\n%s\n%s\n%s\n%s", last.At.Format(time.RFC3339), last.From, last.Heading, last.Text, last.Reason,
		strings.Join(last.Clauses, " "), strings.Join(last.Missing, "\n"), last.Until.Format(time.RFC3339))
	if neg && len(args) == 2 {
		ts.Fatalf("%s was told:\n%s", args[0], text)
	}
	for _, pattern := range args[2:] {
		if regexp.MustCompile(pattern).MatchString(text) == neg {
			ts.Fatalf("%s was told:\n%s", args[0], text)
		}
	}
}

// event breached INSTANT [CLOCK]   the history of the latest case holds that
// event, of that clock, at that instant. "! event breached": none.
func storyEvent(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "event TYPE [INSTANT [CLOCK]]")
	var all []string
	found := false
	for _, ev := range of(ts).history(ts).History {
		all = append(all, fmt.Sprintf("%s %s %s", ev.Type, ev.At.Format(time.RFC3339), ev.Clock))
		if string(ev.Type) != args[0] || (len(args) > 1 && !ev.At.Truncate(time.Second).Equal(instant(ts, args[1]))) || (len(args) > 2 && string(ev.Clock) != args[2]) {
			continue
		}
		found = true
	}
	if found == neg {
		ts.Fatalf("what happened:\n%s", strings.Join(all, "\n"))
	}
}

func (s *story) sent() ([]casework.Carried, error) {
	if err := s.h.Turn(context.Background()); err != nil {
		return nil, err
	}
	all, _, err := s.h.Desk.As(s.actor("mara")).Outbox(context.Background(), "", nil, 1000)
	return all, err
}

var keptFor = regexp.MustCompile(`(?s)It would have gone to (.*?)\.\s`)

var address = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)

// notice breached mara tomas   the latest notice of that kind about the latest
// case went to these and nobody else; a reporter by name is one too. POLICY
// before the kind means a notice about the policy. "! notice KIND": none.
func storyNotice(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "notice [policy] KIND WHO…")
	s, about := of(ts), ts.Getenv("CASE")
	if args[0] == "policy" {
		about, args = "", args[1:]
	}
	var want []string
	for _, name := range args[1:] {
		switch {
		case s.members[name].ID != "":
			want = append(want, s.members[name].Email)
		case s.mails[name] != "":
			want = append(want, s.mails[name])
		default:
			ts.Fatalf("nobody is called %s, or they gave no address", name)
		}
	}
	var seq int64 = -1
	var got, kinds []string
	all, err := s.sent()
	check(ts, err)
	for _, c := range all {
		if string(c.Case) != about {
			continue
		}
		kinds = append(kinds, c.Template)
		if c.Template != args[0] || (seq >= 0 && c.Seq != seq) {
			continue
		}
		seq = c.Seq
		if m := keptFor.FindStringSubmatch(c.Text); m != nil {
			got = append(got, address.FindAllString(m[1], -1)...)
		}
		_, err := fmt.Fprintln(ts.Stdout(), c.Text)
		check(ts, err)
	}
	if seq < 0 {
		if !neg {
			ts.Fatalf("no such notice; there are: %s", strings.Join(kinds, ", "))
		}
		return
	}
	slices.Sort(want)
	slices.Sort(got)
	if same := slices.Equal(want, slices.Compact(got)); same == neg {
		ts.Fatalf("it went to %s", strings.Join(got, ", "))
	}
}

// outbox   prints every notice as it was written, newest first
func storyOutbox(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts)
	check(ts, s.leak())
	all, err := s.sent()
	check(ts, err)
	for _, c := range all {
		_, err := fmt.Fprintf(ts.Stdout(), "--- %s to %s: %s\n%s\n", c.Template, c.To, c.State, c.Text)
		check(ts, err)
	}
}

// leak looks for the story's secrets in every notice.
func (s *story) leak() error {
	all, err := s.sent()
	for _, c := range all {
		for _, word := range s.secrets {
			if strings.Contains(strings.ToLower(c.Text), strings.ToLower(word)) {
				return fmt.Errorf("the notice %s to %s holds the secret word %q", c.Template, c.To, word)
			}
		}
	}
	return err
}
