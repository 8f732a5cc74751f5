package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/claim"
	"fairlead/internal/casework/notice"
	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
)

// letterAbout is what a carrier gets for the letter to the reporter about an event.
func (h *house) letterAbout(id cvd.CaseID, seq int64) *notice.Mail {
	h.t.Helper()
	out, _, err := h.desk.As(h.lead).Outbox(ctx, "", nil, 1000)
	must(h.t, err)
	i := slices.IndexFunc(out, func(e casework.Carried) bool { return e.Key == post.LetterKey(id, seq) })
	if i < 0 {
		h.t.Fatalf("no letter about event %d", seq)
	}
	n, err := h.desk.As(cvd.System).Notice(ctx, out[i].Effect)
	must(h.t, err)
	if n.Mail == nil {
		h.t.Fatalf("the letter about event %d is bare of everything", seq)
	}
	return n.Mail
}

func (h *house) key(name string) (armored, finger string) {
	h.t.Helper()
	k, err := pgp.Generate(name, "rea@example.net", h.now, 0)
	must(h.t, err)
	pub, err := k.Public()
	must(h.t, err)
	b, err := pub.Armor()
	must(h.t, err)
	return string(b), pub.Fingerprint()
}

// One row is one way of having written, and what our answer may carry then.
func TestWhatALetterMayCarry(t *testing.T) {
	h := newHouse(t)
	key, _ := h.key("Rea")
	for name, c := range map[string]struct {
		mail      bool
		encrypted bool
		contact   cvd.Contact
		prepare   func(id cvd.CaseID)
		bare      string
		sealed    bool
	}{
		"by web":                           {bare: notice.BareWeb},
		"by web, wants mail":               {contact: cvd.Contact{ReplyBy: "mail"}},
		"by web, wants mail, has a key":    {contact: cvd.Contact{ReplyBy: "mail", PGPKey: key}, sealed: true},
		"by web, has a key":                {contact: cvd.Contact{PGPKey: key}, bare: notice.BareWeb},
		"by mail":                          {mail: true},
		"by mail, wants the web":           {mail: true, contact: cvd.Contact{ReplyBy: "web"}, bare: notice.BareWeb},
		"by mail, encrypted":               {mail: true, encrypted: true, contact: cvd.Contact{PGPKey: key}, sealed: true},
		"by mail, encrypted, wants web":    {mail: true, encrypted: true, contact: cvd.Contact{ReplyBy: "web", PGPKey: key}, sealed: true},
		"by mail, encrypted, key unknown":  {mail: true, encrypted: true, bare: notice.BareNoKey, sealed: true},
		"by mail, personal data":           {mail: true, prepare: func(id cvd.CaseID) { h.do(h.member, id, cvd.VerbPrivacy, cvd.Input{}) }, bare: notice.BarePrivacy},
		"by mail, sealed, personal data":   {mail: true, contact: cvd.Contact{PGPKey: key}, prepare: func(id cvd.CaseID) { h.do(h.member, id, cvd.VerbPrivacy, cvd.Input{}) }, sealed: true},
		"by mail, and then by the web":     {mail: true, contact: cvd.Contact{}, prepare: func(id cvd.CaseID) { h.byWeb(id) }},
		"by web, and then by mail":         {prepare: func(id cvd.CaseID) { h.answer(id, letter("n"+string(id), "x", 1)) }},
		"by web, then by mail, encrypted":  {prepare: func(id cvd.CaseID) { m := letter("n"+string(id), "x", 1); m.Encrypted = true; h.answer(id, m) }, bare: notice.BareNoKey, sealed: true},
		"by web, and a stranger's mail":    {prepare: func(id cvd.CaseID) { h.hold(id, "s"+string(id)) }, bare: notice.BareWeb},
		"by mail, and another key came in": {mail: true, prepare: func(id cvd.CaseID) { must(t, h.desk.As(cvd.System).Learn(ctx, id, key, "attached")) }, sealed: true},
	} {
		contact := c.contact
		contact.Email = rea
		sub := casework.Submission{Channel: "web", Report: &cvd.Report{Description: "it breaks", Reporter: &contact}}
		if c.mail {
			m := letter(strings.ReplaceAll(name, " ", "-"), "Login bypass", 10)
			m.Encrypted = c.encrypted
			sub.Channel, sub.Mail = "mail", m
		}
		a, err := h.desk.As(cvd.Stranger).Receive(ctx, sub)
		must(t, err)
		if c.prepare != nil {
			c.prepare(a.Case)
		}
		done := h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Text: "canary words", Reason: "canary reason", Note: "team only"})
		m := h.letterAbout(a.Case, done.Events[0].Seq)
		text := ""
		if c.bare == "" {
			text = "canary words\n\ncanary reason"
		}
		if m.Bare != c.bare || m.Sealed != c.sealed || m.Text != text {
			t.Errorf("%s: bare %q, sealed %v, text %q", name, m.Bare, m.Sealed, m.Text)
		}
		if (m.Event == nil) != (m.Bare != "") || (m.Event != nil && (m.Event.Type != cvd.EventInvalidated || m.Event.Body.Note+m.Event.Body.Text != "")) {
			t.Errorf("%s: its heading is of %+v", name, m.Event)
		}
		if m.Bare != "" && m.Subject != "" {
			t.Errorf("%s: a bare letter names a stranger's subject", name)
		}
		if m.Ref != post.Ref(h.vault, a.Case, done.Events[0].Seq) || m.ReplyTag == "" || m.BounceTag == "" {
			t.Errorf("%s: named %+v", name, m)
		}
		if m.Bare == notice.BareNoKey && m.Claim != "" {
			t.Errorf("%s: a code in the clear opens what was encrypted", name)
		}
	}
}

// byWeb lets the reporter write in the thread.
func (h *house) byWeb(id cvd.CaseID) {
	by := cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id, Participant: cvd.Reporter}}}
	h.do(by, id, cvd.VerbMessage, cvd.Input{Text: "x"})
}

func (h *house) hold(id cvd.CaseID, name string) int64 {
	h.t.Helper()
	m := letter(name, "Re: x", 1)
	m.From, m.Held = "else@example.com", "unaligned"
	done := h.do(cvd.System, id, cvd.VerbHoldMail, cvd.Input{Text: "x", Mail: m})
	return done.Events[0].Seq
}

// An embargo is agreed elsewhere; here it binds by a made-up event.
func TestALetterUnderAnEmbargoIsBare(t *testing.T) {
	for _, em := range []cvd.EM{cvd.EMNone, cvd.EMProposed, cvd.EMActive, cvd.EMRevise, cvd.EMExited} {
		c := &cvd.Case{EM: em}
		if got, want := notice.BareOf(c, false, false, true), map[bool]string{true: notice.BareEmbargo}[c.Embargoed()]; got != want {
			t.Errorf("%s: %q, want %q", em, got, want)
		}
		if got := notice.BareOf(c, true, true, true); got != "" {
			t.Errorf("%s, encrypted: %q", em, got)
		}
	}
}

func TestTheThreadOfALetter(t *testing.T) {
	h := newHouse(t)
	m := letter("one", "Login bypass", 10, cvd.MailFile{Name: "f", Data: []byte("x")})
	a := h.mailed(m)
	first := h.letterAbout(a.Case, 1)
	if first.Text != "" || len(first.Promises) != len(a.Promises) || first.Claim == "" || !first.ClaimEnds.Equal(h.now.Add(claim.Life)) || first.Subject != "Login bypass" || len(first.References) != 0 {
		t.Errorf("the first answer carries %+v", first)
	}
	if slices.Contains(first.Missing, "description") {
		t.Errorf("missing: %v", first.Missing)
	}
	if again := h.letterAbout(a.Case, 1); again.Claim != first.Claim {
		t.Error("carried twice, it shows another code")
	}
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "x"}) // event 3
	h.answer(a.Case, letter("two", "Re: Login bypass", 10))       // 4
	h.hold(a.Case, "three")                                       // 5
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "y"}) // 6
	got := h.letterAbout(a.Case, 6).References
	want := []string{"one@example.net", post.Ref(h.vault, a.Case, 1), post.Ref(h.vault, a.Case, 3), "two@example.net"}
	if !slices.Equal(got, want) {
		t.Errorf("references %v, want %v", got, want)
	}
	h.do(h.member, a.Case, cvd.VerbAdmit, cvd.Input{Seq: 5}) // 7
	if m := h.letterAbout(a.Case, 7); m.Text != "" {
		t.Errorf("the reporter's own words come back: %q", m.Text)
	}
}

func TestClaimCodes(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.mailed(letter("one", "Login bypass", 10))
		if a.Receipt != "" {
			h.t.Error("a mailed report was given a receipt")
		}
		code := h.letterAbout(a.Case, 1).Claim
		other := h.mailed(letter("two", "Another", 10))
		for name, typed := range map[string]string{
			"nothing": "", "a receipt": h.report().Receipt, "half of it": code[:11], "too long": strings.Repeat(code, 20),
			"another": claim.Code(h.vault, other.Case, 2), "one letter off": "a" + code[1:], "a case": string(a.Case),
		} {
			if typed == code {
				continue
			}
			if _, err := h.desk.As(cvd.Stranger).Claim(ctx, typed); !errors.Is(err, cvd.ErrUnauthenticated) {
				h.t.Errorf("%s: %v", name, err)
			}
		}
		got, err := h.desk.As(cvd.Stranger).Claim(ctx, " "+strings.ToUpper(strings.ReplaceAll(code, "-", " "))+"\n")
		must(h.t, err)
		r, err := h.auth.Receipt(ctx, got.Receipt)
		must(h.t, err)
		if len(r.Cases) != 1 || r.Cases[0].Case != a.Case || !slices.Equal(got.Cases, []cvd.CaseID{a.Case}) {
			h.t.Errorf("it opens %v", r.Cases)
		}
		if _, err := h.desk.As(cvd.Stranger).Claim(ctx, code); !errors.Is(err, cvd.ErrUnauthenticated) {
			h.t.Errorf("a second time: %v", err)
		}
		if h.letterAbout(a.Case, 1).Claim != "" {
			h.t.Error("a used code is sent again")
		}
		f := h.file(a.Case)
		if types(f.Events) != "received receipt-claimed" || f.Events[1].Actor != "stranger" {
			h.t.Errorf("the case says %s", types(f.Events))
		}
		h.addsUp(a.Case)

		h.now = h.now.Add(claim.Life)
		if _, err := h.desk.As(cvd.Stranger).Claim(ctx, h.letterCode(other.Case, 1)); !errors.Is(err, cvd.ErrUnauthenticated) {
			h.t.Errorf("after three days: %v", err)
		}
		done := h.do(h.lead, other.Case, cvd.VerbReissue, cvd.Input{Reason: "asked"})
		fresh := h.letterAbout(other.Case, done.Events[0].Seq).Claim
		second, err := h.desk.As(cvd.Stranger).Claim(ctx, fresh)
		must(h.t, err)
		for _, receipt := range []string{second.Receipt, done.Receipt} {
			if _, err := h.auth.Receipt(ctx, receipt); err != nil {
				h.t.Error(err)
			}
		}
		done = h.do(h.lead, other.Case, cvd.VerbReissue, cvd.Input{Reason: "asked"})
		unused := h.letterAbout(other.Case, done.Events[0].Seq).Claim
		h.do(h.lead, other.Case, cvd.VerbReissue, cvd.Input{Reason: "again"})
		for _, dead := range []string{second.Receipt, done.Receipt} {
			if _, err := h.auth.Receipt(ctx, dead); err == nil {
				h.t.Error("an older receipt still opens the case")
			}
		}
		if _, err := h.desk.As(cvd.Stranger).Claim(ctx, unused); !errors.Is(err, cvd.ErrUnauthenticated) {
			h.t.Errorf("an older code: %v", err)
		}
	})
}

// letterCode is a code whether or not it still works.
func (h *house) letterCode(id cvd.CaseID, seq int64) string { return claim.Code(h.vault, id, seq) }

// A claim opens the whole family, also what opened after the letter.
func TestAClaimOpensTheFamily(t *testing.T) {
	h := newHouse(t)
	a := h.mailed(letter("one", "Login bypass", 10))
	code := h.letterCode(a.Case, 1)
	h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
	h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
	next := h.answer(a.Case, letter("two", "more", 10))
	got, err := h.desk.As(cvd.Stranger).Claim(ctx, code)
	must(t, err)
	if !slices.Equal(got.Cases, []cvd.CaseID{a.Case, next.Successor.Case}) {
		t.Errorf("it opens %v", got.Cases)
	}
	// Two at once: one of them.
	b := h.mailed(letter("three", "x", 10))
	codes := []string{h.letterCode(b.Case, 1), h.letterCode(b.Case, 1)}
	answers := make(chan error, 2)
	for _, c := range codes {
		go func() { _, err := h.desk.As(cvd.Stranger).Claim(ctx, c); answers <- err }()
	}
	one, two := <-answers, <-answers
	if (one == nil) == (two == nil) {
		t.Errorf("two at once: %v, %v", one, two)
	}
	if got := types(h.file(b.Case).Events); got != "received receipt-claimed" {
		t.Errorf("and the case says %s", got)
	}
	must(t, h.st.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(auth.RecordReceipt, string(b.Case), 10)
		if len(recs) != 1 {
			t.Errorf("%d receipts", len(recs))
		}
		return err
	}))
}

func TestKeysAreTrustedOnFirstUse(t *testing.T) {
	h := newHouse(t)
	a := h.mailed(letter("one", "Login bypass", 10))
	system := h.desk.As(cvd.System)
	first, finger := h.key("Rea")
	second, other := h.key("Rea")
	for range 2 {
		must(t, system.Learn(ctx, a.Case, first, "autocrypt"))
	}
	f := h.file(a.Case)
	if f.Case.Participant(cvd.Reporter).Contact.PGPKey != first || types(f.Events) != "received key-learned" {
		t.Fatalf("learned: %s", types(f.Events))
	}
	if p := h.place(casework.Letter{Refs: []string{"one@example.net"}, From: rea}); p.Signer != finger || !p.Known {
		t.Errorf("the key on record is %q", p.Signer)
	}
	for range 2 {
		must(t, system.Learn(ctx, a.Case, second, "attached"))
	}
	f = h.file(a.Case)
	if f.Case.Participant(cvd.Reporter).Contact.PGPKey != first || f.Case.Offer == nil || f.Case.Offer.Fingerprint != other || types(f.Events) != "received key-learned key-offered" {
		t.Fatalf("another key: %+v, %s", f.Case.Offer, types(f.Events))
	}
	if !slices.ContainsFunc(f.Verbs, func(v cvd.Verb) bool { return v == cvd.VerbTrustKey }) {
		t.Error("nobody is offered to trust it")
	}
	h.refused(h.member, a.Case, cvd.VerbTrustKey, cvd.Input{Seq: 2}, cvd.ErrInvalid)
	h.do(h.member, a.Case, cvd.VerbTrustKey, cvd.Input{Seq: f.Case.Offer.Seq})
	if f = h.file(a.Case); f.Case.Participant(cvd.Reporter).Contact.PGPKey != second || f.Case.Offer != nil {
		t.Errorf("after the nod: %+v", f.Case.Offer)
	}
	h.addsUp(a.Case)
	if err := system.Learn(ctx, a.Case, "no key", "attached"); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("no key: %v", err)
	}
	if err := h.desk.As(h.lead).Learn(ctx, a.Case, first, "attached"); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("a member teaches: %v", err)
	}
	h.do(h.lead, a.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
	must(t, system.Learn(ctx, a.Case, first, "attached"))
	if h.file(a.Case).Case.Participant(cvd.Reporter).Contact != nil {
		t.Error("a key brings back whoever was forgotten")
	}
}
