package onetime_test

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/onetime"
)

// What is pasted holds a code in all the ways in which mail programs and people break it.
func TestCodeIsFoundInWhatWasPasted(t *testing.T) {
	const code = "k3-AZ_09abcdefghijklmnopqrstuvwxyzABCDEFGHI"
	const base = "https://security.example.org"
	whole, invited := base+onetime.SignIn(code), base+onetime.Invitation(code[:22])
	for name, one := range map[string]struct {
		pasted, want string
		invites      bool
	}{
		"the link":                 {whole, code, false},
		"the code":                 {code, code, false},
		"an invitation":            {invited, code[:22], true},
		"its code":                 {code[:22], code[:22], false},
		"blanks around":            {" \t\r\n" + whole + " \u00a0\n", code, false},
		"blanks around the code":   {"\n  " + code + "\n", code, false},
		"broken over lines":        {base + "/desk/sign-in#link=" + code[:20] + "\r\n" + code[20:], code, false},
		"the code over lines":      {code[:20] + "\n " + code[20:], code, false},
		"between signs":            {"<" + whole + ">", code, false},
		"the code between signs":   {"“" + code + "”.", code, false},
		"within a sentence":        {"Open " + whole + " today", code, false},
		"a dot behind":             {whole + ".", code, false},
		"invisible characters":     {strings.Replace(whole, "desk", "de\u200bsk\u00ad", 1), code, false},
		"with a language":          {base + "/desk/sign-in?lang=de#link=" + code, code, false},
		"by a gateway of mail":     {"https://gate.example.net/?url=" + url.QueryEscape(whole) + "&data=x", code, false},
		"a bad percent sign":       {"100% " + whole, code, false},
		"nothing":                  {" \n", "", false},
		"an address without one":   {base + "/desk/sign-in", "https://security.example.org/desk/sign-in", false},
		"a mark and nothing after": {base + "/desk/sign-in#link=", "", false},
	} {
		if got := onetime.Code(one.pasted); got != one.want {
			t.Errorf("%s: %q", name, got)
		}
		if got := onetime.Invites(one.pasted); got != one.invites {
			t.Errorf("%s: invites %v", name, got)
		}
	}
}

// Each code that sign-in makes comes back out of its address, and no address holds it where
// it would be sent.
func TestCodesComeBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		code := keeper.NewSecret()
		for _, address := range []string{onetime.SignIn(code), onetime.Invitation(code[:22])} {
			u, err := url.Parse(address)
			if err != nil || u.RawQuery != "" || strings.Contains(u.Path, code[:22]) {
				r.Fatalf("%v %v", u, err)
			}
		}
		between := rapid.SampledFrom([]string{"", " ", "\n", "\r\n\t"})
		at := rapid.IntRange(0, len(code)).Draw(r, "at")
		broken := between.Draw(r, "before") + "https://x.example.org/desk/sign-in#link=" + code[:at] + between.Draw(r, "in") + code[at:] + between.Draw(r, "after")
		if got := onetime.Code(broken); got != code {
			r.Errorf("%q gives %q, not %q", broken, got, code)
		}
		if got := onetime.Code(rapid.String().Draw(r, "any")); strings.ContainsAny(got, " \n\r\t") {
			r.Errorf("%q", got)
		}
	})
}
