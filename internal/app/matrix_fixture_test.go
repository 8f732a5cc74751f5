package app_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"fairlead/examples"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/casework"
	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/intake/mail"
	"fairlead/internal/parts"
	"fairlead/internal/store"
)

// operator is the secret of whoever runs the server of the matrix.
const operator = "operator-of-the-matrix-0123456789abcdef"

func actorOf(m cvd.Member) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

func (m *matrix) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// open makes a case with a message, a note, a file, two drafts of an advisory and a mail
// that waits, all of them with its word.
func (m *matrix) open(name, title string) subject {
	m.t.Helper()
	ctx := context.Background()
	a, err := m.h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Channel: "api", Report: &cvd.Report{
		Title: title, Description: title + " for a start", Product: title, Reporter: &cvd.Contact{Name: title, Email: strings.Fields(title)[0] + "@example.net"},
	}})
	m.must(err)
	m.receipts[name] = a.Receipt
	by := m.h.Desk.As(actorOf(m.lead))
	for _, one := range []struct {
		verb cvd.Verb
		in   cvd.Input
	}{{cvd.VerbNote, cvd.Input{Note: title + ", we think"}}, {cvd.VerbMessage, cvd.Input{Text: title + ", we say"}}, {cvd.VerbValidate, cvd.Input{}}} {
		_, err := by.Do(ctx, a.Case, one.verb, one.in)
		m.must(err)
	}
	done, err := by.Attach(ctx, a.Case, title+".txt", strings.NewReader(title), cvd.Input{})
	m.must(err)
	s := subject{name: name, word: title, id: a.Case, blob: done.Events[0].Body.File.Blob}
	for i, more := range []string{"It reads", "It reads and writes"} {
		d, err := by.Draft(ctx, a.Case)
		m.must(err)
		record := d.Record.Clone()
		record.Overview = more + ": " + title
		done, err := by.Do(ctx, a.Case, cvd.VerbAdvise, cvd.Input{Advisory: record, Seq: d.Seq})
		m.must(err)
		s.drafts[i] = done.Events[0].Seq
	}
	s.mail = m.hold(s)
	return s
}

// hold makes a mail that waits in the case for a member's nod.
func (m *matrix) hold(s subject) int64 {
	m.t.Helper()
	m.made++
	done, err := m.h.Desk.As(cvd.System).Do(context.Background(), s.id, cvd.VerbHoldMail, cvd.Input{Text: s.word, Mail: &cvd.Mail{
		From: strings.Fields(s.word)[0] + "@example.com", Subject: s.word, At: m.h.Options.Clock.Now(), Door: "smtp", Held: "duplicate", Raw: m.letter(s),
	}})
	m.must(err)
	return done.Events[0].Seq
}

// furnish gives the house what addresses name beside cases: what is published, versions
// of the policy, bills of materials, a channel that can be tested, and mail on each shelf.
func (m *matrix) furnish() {
	m.t.Helper()
	ctx := context.Background()
	m.none = subject{
		name: "none", word: "nothing", id: cvd.NewCaseID("TP", 2026, [6]byte{1, 2, 3, 4, 5, 6}), blob: strings.Repeat("ab", 16),
		mail: 4711, drafts: [2]int64{4711, 4712}, advisory: "EX-2026-NONE", part: "pkg:generic/nothing", versions: [2]int{77, 78},
	}
	m.none.member.ID = strings.Repeat("cd", 8)
	m.own.advisory, m.foreign.advisory = "EX-2026-OWN", "EX-2026-FOREIGN"
	m.own.label, m.foreign.label, m.none.label = "white", "red", "red"
	m.publish(m.own, cvd.TLPClear)
	m.publish(m.foreign, cvd.TLPRed)
	_, err := m.h.Book.Publish(ctx, cvd.System, bytes.Replace(examples.TwoPersonTeam, []byte(`revision: "1.0"`), []byte(`revision: "1.1"`), 1))
	m.must(err)
	m.own.versions, m.foreign.versions = [2]int{1, 2}, [2]int{2, 1} // who may see one sees all
	for i, s := range []*subject{&m.own, &m.foreign} {
		s.member = m.add("bystander-"+s.name, cvd.RoleMember)
		m.session(s.member)
		purl := fmt.Sprintf("pkg:generic/part-%d@1.0", i) // of no case: whoever has to do with cases sees all of them
		_, err := m.h.Parts.Add(ctx, actorOf(m.lead), billOf(s.name, "1.0", purl))
		m.must(err)
		found, _, err := m.h.Parts.Find(ctx, actorOf(m.lead), parts.Question{PURL: purl})
		m.must(err)
		s.part = found[0].Key
	}
	// A door of its own would have to listen; this one hands its test to the inbox itself.
	m.h.Clerks.Board.Ways = append(m.h.Clerks.Board.Ways, channels.Way{Name: "matrix", Kind: "smtp", Send: func(ctx context.Context, id string) error {
		_, err := m.h.Inbox.Accept(ctx, inbox.Item{Door: "smtp", Received: m.h.Options.Clock.Now(), Raw: []byte("Message-ID: <" + id + ">\r\n\r\n\r\n")})
		return err
	}})
	for i, s := range []*subject{&m.own, &m.foreign, &m.none} { // each asks for another shelf
		s.shelf = []inbox.State{inbox.Unsorted, inbox.Spam, inbox.Aside}[i]
		m.stand(m.own, s.shelf)
		m.stand(m.foreign, s.shelf)
	}
}

func billOf(product, version, purl string) parts.Upload {
	return parts.Upload{Product: product, Version: version, File: "bill.json", Bytes: []byte(
		`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"component","purl":"` + purl + `"}]}`)}
}

// publish makes two revisions of an advisory with the subject's word.
func (m *matrix) publish(s subject, label cvd.TLP) {
	m.t.Helper()
	now := m.h.Options.Clock.Now().UTC().Truncate(time.Second)
	for i, overview := range []string{"It reads", "It reads and writes"} {
		a := advisorytest.Example()
		a.ID, a.TLP, a.Revision, a.Published, a.Modified = cvd.AdvisoryID(s.advisory), label, i+1, now, now
		a.Title, a.Overview, a.History = s.word, overview+": "+s.word, nil
		for n := range i + 1 {
			a.History = append(a.History, cvd.AdvisoryChange{Revision: n + 1, At: now, Text: "Revision: " + s.word})
		}
		m.must(m.h.Register.Publish(context.Background(), a))
	}
}

// letter is a mail with the subject's word in each of its parts, no two of them the same.
func (m *matrix) letter(s subject) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf("From: %[1]s <%[2]s@example.com>\nTo: security@example.org\nSubject: %[1]s\nMessage-ID: <%[3]d@example.com>\n"+
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=part\n\n--part\nContent-Type: text/plain\n\n%[1]s, I write\n"+
		"--part\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"%[2]s.txt\"\n\n%[1]s, enclosed\n--part--\n",
		s.word, strings.Fields(s.word)[0], m.made), "\n", "\r\n"))
}

// stand makes a mail about the case on a shelf.
func (m *matrix) stand(s subject, on inbox.State) string {
	m.t.Helper()
	m.made++
	ctx, from := context.Background(), strings.Fields(s.word)[0]+"@example.com"
	id, err := m.h.Inbox.Accept(ctx, inbox.Item{
		Door: "smtp", Received: m.h.Options.Clock.Now(), Raw: m.letter(s), Envelope: mail.Envelope{From: from, To: []string{"security@example.org"}, Peer: "192.0.2.25"},
	})
	m.must(err)
	m.must(m.h.Inbox.Move(ctx, id, inbox.Filing{State: on, Reason: "duplicate", Case: s.id, From: from, Subject: s.word}))
	return id
}

// of makes what the subject's request names, with what it is: a new one each time, since a
// request may use it up, unless requests are many and do without. Of what is not there
// there is only a name.
func (m *matrix) of(s subject, what string, make func() string) string {
	m.t.Helper()
	if s.name == m.none.name {
		return strings.Repeat("ab", 16)
	}
	if !m.still {
		return make()
	}
	key := s.name + "/" + what
	if _, ok := m.kept[key]; !ok {
		m.kept[key] = make()
	}
	return m.kept[key]
}

// owner is who has what is personal: the caller, if it is theirs, else somebody who is
// nobody here.
func (m *matrix) owner(s subject, c caller) cvd.Member {
	if s.name == m.own.name && c.member.ID != "" {
		return c.member
	}
	return m.foreign.member
}

func (m *matrix) tokenOf(s subject, c caller) string {
	return m.of(s, "token/"+c.name, func() string {
		who := m.owner(s, c)
		return m.newOne(func() (ids []string) {
			all, err := m.h.Auth.Tokens(context.Background(), actorOf(who))
			m.must(err)
			for _, one := range all {
				ids = append(ids, one.ID)
			}
			return ids
		}, func() { m.token(who, true) })
	})
}

// newOne is what is listed after something was made, and was not before.
func (m *matrix) newOne(list func() []string, make func()) string {
	before := list()
	make()
	for _, id := range list() {
		if !slices.Contains(before, id) {
			return id
		}
	}
	m.t.Fatal("nothing was made")
	return ""
}

func (m *matrix) sessionOf(s subject, c caller) string {
	return m.ofOwner(s, "session", m.owner(s, c), func(who cvd.Member) string {
		return m.newOne(func() (ids []string) {
			all, err := m.h.Auth.Sessions(context.Background(), actorOf(who))
			m.must(err)
			for _, one := range all {
				ids = append(ids, one.ID)
			}
			return ids
		}, func() { m.here(who) })
	})
}

// filterOf is a filter that the owner keeps; whoever has no queue has none.
func (m *matrix) filterOf(s subject, c caller) string {
	return m.of(s, "filter/"+c.name, func() string {
		book := filters.New(m.h.Store, m.h.Vault, m.h.Options.Clock.Now)
		who := actorOf(m.owner(s, c))
		if book.Keep(context.Background(), who, "of the matrix", "q="+c.name) != nil {
			return strings.Repeat("ab", 16)
		}
		all, err := book.Of(context.Background(), who)
		m.must(err)
		return all[len(all)-1].ID
	})
}

func (m *matrix) invitationOf(s subject) string {
	return m.of(s, "invitation", func() string {
		m.made++
		made, _, err := m.h.Invites.Invite(context.Background(), actorOf(m.lead), cvd.Member{
			Name: s.word, Email: fmt.Sprintf("invited-%d@example.org", m.made), Roles: []cvd.Role{cvd.RoleMember},
		})
		m.must(err)
		return made.ID
	})
}

func (m *matrix) billIDOf(s subject) string {
	return m.of(s, "bill", func() string {
		m.made++
		made, err := m.h.Parts.Add(context.Background(), actorOf(m.lead), billOf(s.name, fmt.Sprintf("2.%d", m.made), "pkg:generic/reader@3.0"))
		m.must(err)
		return made.ID
	})
}

// deadOf is a notice about the case that was given up.
func (m *matrix) deadOf(s subject) string {
	return m.of(s, "notice", func() (key string) {
		m.must(m.h.Store.Update(context.Background(), func(tx store.Tx) error {
			for _, state := range []store.EffectState{store.EffectPending, store.EffectDead} {
				all, err := tx.Effects(state, "", nil, 500)
				if err != nil {
					return err
				}
				for _, e := range all {
					if e.Case == s.id && e.Kind == cvd.EffectNotifyReporter {
						key, e.State = e.Key, store.EffectDead
						return tx.Finish(e)
					}
				}
			}
			return nil
		}))
		if key == "" {
			m.t.Fatal("nobody is told anything about the case")
		}
		return key
	})
}

var staticFile = regexp.MustCompile(`/static/([^"]+\.css)"`)
