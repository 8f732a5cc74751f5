package notify_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/store"
	"fairlead/internal/words"
)

// A reporter's letter is in the language of their contact, its dates and its header
// too; one that nobody speaks is written in the policy's.
func TestLetterInTheReportersLanguage(t *testing.T) {
	h := build(t)
	for lang, want := range map[string]string{"de-AT": "de", "fr": "fr", "": "en", "ja": "en"} {
		p := &pocket{}
		h.report(cvd.Report{Description: "It breaks.", Reporter: &cvd.Contact{Email: "rea+" + want + lang + "@example.net", Language: lang}})
		h.drain(h.outbox(h.mail(p)))
		sent := p.to("rea+" + want + lang + "@example.net")
		if len(sent) != 1 {
			t.Fatalf("%q: %d letters", lang, len(sent))
		}
		if !strings.Contains(string(sent[0].Bytes), "Content-Language: "+want+"\r\n") {
			t.Errorf("%q: the letter is not in %s:\n%s", lang, want, sent[0].Bytes)
		}
	}
}

// Members who read several languages get a letter each in their own, each once, also
// if one of them could not be delivered at first.
func TestOneLetterForEachLanguage(t *testing.T) {
	n := &casework.Notice{
		Effect: store.Effect{Effect: cvd.Effect{Key: "k", Kind: cvd.EffectNotifyTeam, Template: "received", To: "on-duty"}},
		To: []casework.Address{
			{Email: "de@example.org", Languages: []string{"de", "en"}},
			{Email: "en@example.org", Languages: []string{"en"}},
			{Email: "de2@example.org", Languages: []string{"de"}},
			{Email: "fr@example.org", Languages: []string{"fr", "en"}},
		},
		Organisation: "Example", From: "security@example.org",
	}
	got := map[string][]string{}
	fail := true
	cfg := configured(n)
	cfg.Sender = sending(func(m notify.Message) error {
		if m.To == "fr@example.org" && fail {
			return errors.New("not now")
		}
		_, rest, _ := strings.Cut(string(m.Bytes), "Content-Language: ")
		got[m.To] = append(got[m.To], rest[:2]+" "+m.ID)
		return nil
	})
	m := must(notify.New(cfg))
	if _, err := m.Carry(context.Background(), n.Effect); err == nil {
		t.Error("a letter that was not taken is forgotten")
	}
	fail = false
	if _, err := m.Carry(context.Background(), n.Effect); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for to, want := range map[string]string{"de@example.org": "de", "de2@example.org": "de", "en@example.org": "en", "fr@example.org": "fr"} {
		if len(got[to]) != 1 || !strings.HasPrefix(got[to][0], want+" ") {
			t.Errorf("%s got %q", to, got[to])
			continue
		}
		id := got[to][0][3:]
		if lang, ok := ids[id]; ok && lang != want {
			t.Errorf("two different letters have the id %s", id)
		}
		ids[id] = want
	}
}

type sending func(m notify.Message) error

func (s sending) Send(_ context.Context, m notify.Message) error { return s(m) }

// Every kind of letter is whole in every language: no text is missing in it.
func TestLettersInEachLanguage(t *testing.T) {
	for _, lang := range words.Languages {
		for name, n := range letters() {
			n.To[0].Languages = []string{lang}
			p := &pocket{}
			if _, err := must(notify.New(config(n, p))).Carry(context.Background(), n.Effect); err != nil {
				t.Errorf("%s in %s: %v", name, lang, err)
				continue
			}
			text := string(p.sent[0].Bytes)
			if strings.Contains(text, "=E2=9F=A6") || strings.Contains(text, "<no value>") || !strings.Contains(text, "Content-Language: "+lang) {
				t.Errorf("%s in %s:\n%s", name, lang, text)
			}
		}
	}
}
