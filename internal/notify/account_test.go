package notify_test

import (
	"slices"
	"strings"
	"testing"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/goldentest"
	"fairlead/internal/notify"
	"fairlead/internal/words"
)

// account is a letter about a link that a lead made.
func account() notify.Account {
	return notify.Account{
		To: "tomas@example.org", Organisation: "Harbour Light\r\nBcc: x@example.com", Base: "https://security.example.org", Desk: true,
		Did: []string{string(keeper.ActLinkMade)}, By: "member/m-lead", ByName: "Ada Lead\r\nBcc: y@example.com", At: noon, Origin: "192.0.2.7",
	}
}

// Letters about accounts say what was done, when, by whom and from where, to each in
// their language.
func TestAccountLetters(t *testing.T) {
	for name, change := range map[string]func(a *notify.Account){
		"by-others": func(*notify.Account) {},
		"self": func(a *notify.Account) {
			a.Did, a.Own, a.Languages, a.Origin = []string{string(keeper.ActPasswordSet)}, true, []string{"de"}, "a place"
		},
		"former": func(a *notify.Account) { a.Did, a.Desk = []string{keeper.ToldAddress, keeper.ToldRoles}, false },
		"lead": func(a *notify.Account) {
			a.Lead, a.Name, a.Did, a.Languages = true, "Nia Reyes\nX: 1", []string{keeper.ToldAdded, keeper.ToldLead}, []string{"fr"}
		},
		"operator": func(a *notify.Account) {
			a.Did, a.By, a.ByName = []string{string(keeper.ActReset)}, keeper.Operator.Ref(), ""
		},
	} {
		a, p := account(), &pocket{}
		change(&a)
		cfg := configured(nil)
		cfg.Sender = p
		kept := string(must(must(notify.New(cfg)).Account(t.Context(), "account/x/m-1", a)))
		if len(p.sent) != 1 || p.sent[0].To != a.To {
			t.Fatalf("%s: %+v", name, p.sent)
		}
		goldentest.Is(t, "testdata/account-"+name+".golden", p.sent[0].Bytes)
		if head := kept[:strings.Index(kept, "\r\n\r\n")]; strings.Contains(head, "\r\nBcc:") || strings.Contains(head, "\r\nX:") {
			t.Errorf("%s: a name is a header: %s", name, head)
		}
	}
}

// Whatever a letter can be about, it has words in each language, for whom hears of it.
func TestEveryChangeHasWords(t *testing.T) {
	book := must(words.Load())
	by, member := "member/m-lead", "m-1"
	for _, act := range append(slices.Clone(keeper.Acts), keeper.ToldFactors, keeper.ToldRoles, keeper.ToldAddress, keeper.ToldGone, keeper.ToldBack, keeper.ToldAdded, keeper.ToldLead) {
		e := keeper.AuditEntry{By: by, Act: act, Subject: member, About: []string{string(act)}}
		for _, lang := range []string{"en", "de", "fr"} {
			v := book.In(lang)
			for stem, said := range map[string][]string{"account.own.": e.ToldOwn(), "account.lead.": e.ToldLeads()} {
				for _, word := range said {
					if !v.Has(stem + word) {
						t.Errorf("%s: %s%s has no words", lang, stem, word)
					}
				}
			}
		}
	}
}

// A demo keeps letters about its invented people, and a relay that refuses one says so.
func TestAccountLettersAreKept(t *testing.T) {
	cfg := configured(nil)
	cfg.Sender = notify.Keep{}
	kept := string(must(must(notify.New(cfg)).Account(t.Context(), "account/x/m-1", account())))
	if !strings.Contains(kept, "It would have gone to tomas@example.org.") || !strings.Contains(kept, "A link was made") {
		t.Error(kept)
	}
	a := account()
	a.To = "nowhere"
	if _, err := must(notify.New(cfg)).Account(t.Context(), "account/x/m-1", a); !permanent(err) {
		t.Error(err)
	}
}
