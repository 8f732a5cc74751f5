package casework_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fairlead/internal/cvd"
)

func (h *house) download(by cvd.Actor, id cvd.CaseID, name string) ([]byte, error) {
	_, r, err := h.desk.As(by).Attachment(ctx, id, name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

func TestAFileComesBackByteForByte(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		r := h.reporter(a)
		content := strings.Repeat("<script>\x00\xff", 20_000)
		f := h.attach(r, a.Case, "../../etc/pass\twd\"\r\nX: 1", content)
		if f.Name != "pass_wd___X_ 1" || f.Size != int64(len(content)) || strings.Contains(f.Blob, "pass") {
			h.t.Errorf("kept as %+v", f)
		}
		if kept := h.blobs(); len(kept) != 1 || kept[0] != f.Blob {
			h.t.Errorf("blobs: %v", kept)
		}
		for _, by := range []cvd.Actor{r, h.lead, h.member} {
			if b, err := h.download(by, a.Case, f.Blob); err != nil || string(b) != content {
				h.t.Errorf("%s got %d bytes, %v", by.Ref(), len(b), err)
			}
		}
		other := h.report()
		for _, by := range []cvd.Actor{h.reporter(other), h.fixer, cvd.Stranger} {
			if _, err := h.download(by, a.Case, f.Blob); !errors.Is(err, cvd.ErrNotFound) {
				h.t.Errorf("%s: %v", by.Ref(), err)
			}
		}
		// A file opens in its own case only, and nothing else by its name.
		for _, name := range []string{"", "nothing", "../" + f.Blob, strings.Repeat("0", 32)} {
			if _, err := h.download(h.lead, a.Case, name); !errors.Is(err, cvd.ErrNotFound) {
				h.t.Errorf("%q: %v", name, err)
			}
		}
		if _, err := h.download(h.lead, other.Case, f.Blob); !errors.Is(err, cvd.ErrNotFound) {
			h.t.Errorf("from another case: %v", err)
		}
	})
}

// A patch that was added silently reaches the reporter with the question whether it
// works, and with nothing else; the file outlives the question.
func TestAFixIsSharedForACheck(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbValidate, cvd.Input{})
	done, err := h.desk.As(h.member).Attach(ctx, a.Case, "fix.patch", strings.NewReader("--- a\n+++ b\n"), cvd.Input{Silent: "for the check"})
	must(t, err)
	ev := done.Events[len(done.Events)-1]
	blob := ev.Body.File.Blob
	if _, err := h.download(h.reporter(a), a.Case, blob); !errors.Is(err, cvd.ErrNotFound) {
		t.Fatalf("the reporter has it already: %v", err)
	}
	offer := cvd.Input{Text: "Does it work?", Seq: ev.Seq - 1}
	h.refused(h.member, a.Case, cvd.VerbOfferCheck, offer, cvd.ErrInvalid)
	offer.Seq = 99
	h.refused(h.member, a.Case, cvd.VerbOfferCheck, offer, cvd.ErrInvalid)
	offer.Seq = ev.Seq
	h.do(h.member, a.Case, cvd.VerbOfferCheck, offer)
	if b, err := h.download(h.reporter(a), a.Case, blob); err != nil || string(b) != "--- a\n+++ b\n" {
		t.Fatalf("%q %v", b, err)
	}
	c := h.file(a.Case).Case
	if c.Files != 1 || c.Release.Check != cvd.CheckOffered {
		t.Errorf("%d files, %q", c.Files, c.Release.Check)
	}
	h.do(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: c.Version, Reason: "the words"})
	if _, err := h.download(h.reporter(a), a.Case, blob); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("what was redacted is still there for the reporter: %v", err)
	}
	if _, err := h.download(h.member, a.Case, blob); err != nil {
		t.Errorf("the file went with the question: %v", err)
	}
	h.addsUp(a.Case)
}

func TestAFileThatIsRefusedLeavesNothing(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	r := h.reporter(a)
	send := func(by cvd.Actor, id cvd.CaseID, from io.Reader, in cvd.Input) error {
		_, err := h.desk.As(by).Attach(ctx, id, "x", from, in)
		return err
	}
	closed := h.in(cvd.RMClosed)
	broken := errors.New("the line broke")
	big := io.LimitReader(zeros{}, 25<<20+1)
	for name, c := range map[string]struct {
		by   cvd.Actor
		id   cvd.CaseID
		from io.Reader
		in   cvd.Input
		want error
	}{
		"too large":               {r, a.Case, big, cvd.Input{}, cvd.ErrTooLarge},
		"broken off":              {r, a.Case, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), cvd.Input{}, broken},
		"broken off at once":      {r, a.Case, iotest.ErrReader(broken), cvd.Input{}, broken},
		"to a case that is not":   {h.lead, "FL-2026-2222222", strings.NewReader("x"), cvd.Input{}, cvd.ErrNotFound},
		"to another's case":       {r, closed.Case, strings.NewReader("x"), cvd.Input{}, cvd.ErrNotFound},
		"by a fixer not named":    {h.fixer, a.Case, strings.NewReader("x"), cvd.Input{}, cvd.ErrNotFound},
		"to a closed case":        {h.lead, closed.Case, strings.NewReader("x"), cvd.Input{}, cvd.ErrNotReady},
		"with members not taken":  {r, a.Case, strings.NewReader("x"), cvd.Input{Vector: "x"}, cvd.ErrInvalid},
		"silent and with a text":  {h.lead, a.Case, strings.NewReader("x"), cvd.Input{Silent: "x", Text: "x"}, cvd.ErrInvalid},
		"not by the general door": {h.lead, a.Case, nil, cvd.Input{}, cvd.ErrNotFound},
	} {
		err := error(nil)
		if c.from == nil {
			_, err = h.try(c.by, c.id, cvd.VerbAttach, c.in)
		} else {
			err = send(c.by, c.id, c.from, c.in)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if kept := h.blobs(); len(kept) != 0 {
			t.Errorf("%s: %v is kept", name, kept)
		}
	}
	if c := h.file(a.Case).Case; c.Version != 1 || c.Files != 0 {
		t.Errorf("the case stands at event %d with %d files", c.Version, c.Files)
	}
	if err := send(r, a.Case, io.LimitReader(zeros{}, 25<<20), cvd.Input{}); err != nil {
		t.Errorf("exactly the limit: %v", err)
	}
	if b, err := h.download(r, a.Case, h.blobs()[0]); err != nil || len(b) != 25<<20 || bytes.ContainsFunc(b, func(r rune) bool { return r != 0 }) {
		t.Errorf("%d bytes came back: %v", len(b), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestNoMoreFilesThanThePolicyAllows(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	errs := together(23, func(int) error {
		_, err := h.desk.As(h.lead).Attach(ctx, a.Case, "x", strings.NewReader("x"), cvd.Input{Silent: "one of many"})
		return err
	})
	full := 0
	for _, err := range errs {
		switch {
		case errors.Is(err, cvd.ErrTooLarge):
			full++
		case err != nil && !errors.Is(err, cvd.ErrConflict): // 23 at once is very busy
			t.Error(err)
		}
	}
	n := h.file(a.Case).Case.Files
	if kept := h.blobs(); n > 20 || len(kept) != n {
		t.Errorf("%d files of at most 20, %d blobs, %d refused", n, len(kept), full)
	}
}

func TestPersonalDataOpensToFewer(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	f := h.attach(h.reporter(a), a.Case, "dump.csv", "names")
	h.do(h.lead, a.Case, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})
	may := func(by cvd.Actor, want error) {
		t.Helper()
		if _, err := h.download(by, a.Case, f.Blob); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", by.Name, err, want)
		}
	}
	may(h.fixer, nil)
	h.do(h.lead, a.Case, cvd.VerbPrivacy, cvd.Input{})
	may(h.fixer, cvd.ErrForbidden)
	may(h.member, cvd.ErrForbidden)
	may(h.lead, nil)
	may(h.reporter(a), nil)
	// Taking the case is not being chosen; a lead chooses, and so does who was.
	second := h.addMember("Second", "second@example.org", cvd.RoleMember)
	h.do(h.member, a.Case, cvd.VerbClaim, cvd.Input{})
	may(h.member, cvd.ErrForbidden)
	h.do(h.member, a.Case, cvd.VerbClaim, cvd.Input{To: second.ID})
	may(second, cvd.ErrForbidden)
	h.do(h.lead, a.Case, cvd.VerbClaim, cvd.Input{To: h.member.ID})
	may(h.member, nil)
	h.do(h.member, a.Case, cvd.VerbClaim, cvd.Input{To: second.ID})
	may(second, nil)
	may(h.member, cvd.ErrForbidden)
	h.do(second, a.Case, cvd.VerbRelease, cvd.Input{})
	h.do(second, a.Case, cvd.VerbClaim, cvd.Input{})
	may(second, cvd.ErrForbidden)
	h.addsUp(a.Case)

	// Who worked the case when the data came to light knows its files already.
	b := h.report()
	g := h.attach(h.reporter(b), b.Case, "log.txt", "names")
	h.do(h.member, b.Case, cvd.VerbClaim, cvd.Input{})
	h.do(h.member, b.Case, cvd.VerbPrivacy, cvd.Input{})
	if _, err := h.download(h.member, b.Case, g.Blob); err != nil {
		t.Error(err)
	}
	h.addsUp(b.Case)
}
