package main

import (
	"encoding/json"
	"fmt"
	"time"
)

type memberCmd struct {
	Add  memberAddCmd  `cmd:"" help:"Add a member and print their one-time sign-in link."`
	List memberListCmd `cmd:"" help:"List members."`
	Link memberLinkCmd `cmd:"" help:"Print a fresh one-time sign-in link for a member who cannot sign in."`
}

type memberAddCmd struct {
	remote
	Name          string   `required:"" help:"Name, as the team sees it."`
	Email         string   `required:"" help:"Address for notices and sign-in."`
	Role          []string `required:"" enum:"lead,member,fixer,officer,auditor,reader" help:"lead, member, fixer, officer, auditor or reader; may be repeated."`
	Office        []string `help:"Office of an officer, as the policy's sign_offs name it." sep:"none"`
	Qualification string   `help:"Security background, in a few words."`
	JSON          bool     `name:"json" help:"Print the result."`
}

func (c *memberAddCmd) Run(e *env) error {
	body, err := json.Marshal(map[string]any{
		"name": c.Name, "email": c.Email, "roles": c.Role, "offices": c.Office, "qualification": c.Qualification,
	})
	if err != nil {
		return err
	}
	return c.linkFor(e, func(ask asker, out *map[string]any) (string, error) {
		err := ask("POST", "/api/v1/members", "application/json", body, out)
		return fmt.Sprint((*out)["id"]), err
	}, c.JSON)
}

// linkFor makes or names a member and prints a sign-in link for them.
func (r remote) linkFor(e *env, who func(ask asker, out *map[string]any) (id string, err error), asJSON bool) error {
	ask, done, err := r.connect(e)
	if err != nil {
		return err
	}
	defer done()
	out := map[string]any{}
	id, err := who(ask, &out)
	if err != nil {
		return err
	}
	var link struct{ URL string }
	if err := ask("POST", "/api/v1/members/"+id+"/link", "application/json", []byte("{}"), &link); err != nil {
		return err
	}
	out["sign_in_url"] = link.URL
	if asJSON {
		return printJSON(e, out)
	}
	_, err = fmt.Fprintf(e.out, "member %s\nsign in once with %s\n", id, link.URL)
	return err
}

type memberLinkCmd struct {
	ID string `arg:"" help:"Member id."`
	remote
	JSON bool `name:"json" help:"Print the result."`
}

func (c *memberLinkCmd) Run(e *env) error {
	return c.linkFor(e, func(_ asker, out *map[string]any) (string, error) {
		(*out)["id"] = c.ID
		return c.ID, nil
	}, c.JSON)
}

type memberListCmd struct {
	remote
	JSON bool `name:"json" help:"Print the API's answer."`
}

func (c *memberListCmd) Run(e *env) error {
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var out struct {
		Members []struct {
			ID     string   `json:"id"`
			Name   string   `json:"name"`
			Email  string   `json:"email"`
			Roles  []string `json:"roles"`
			Active bool     `json:"active"`
		} `json:"members"`
	}
	if err := ask("GET", "/api/v1/members", "", nil, &out); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, out)
	}
	for _, m := range out.Members {
		state := ""
		if !m.Active {
			state = "  (not active)"
		}
		fmt.Fprintf(e.out, "%s  %v  %s <%s>%s\n", m.ID, m.Roles, m.Name, m.Email, state)
	}
	return nil
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make an API token for a member; it is shown once."`
}

type tokenCreateCmd struct {
	remote
	Member  string   `required:"" help:"Member id the token speaks for."`
	Name    string   `required:"" help:"What it is for."`
	Machine bool     `help:"A machine acts with it: it keeps no human promise."`
	Days    int      `default:"90" help:"How many days it works, up to 365."`
	Scope   []string `help:"To what it is held, such as cases:read; may be given several times. Without it, everything that the member's roles may."`
	JSON    bool     `name:"json" help:"Print the result."`
}

// tokenDays is how long a token works if nothing is said.
const tokenDays = 90

func (c *tokenCreateCmd) Run(e *env) error {
	if c.Days < 1 || c.Days > 365 {
		return usage("--days: must be from 1 to 365")
	}
	in := map[string]any{"member": c.Member, "name": c.Name, "machine": c.Machine}
	if len(c.Scope) > 0 {
		in["scopes"] = c.Scope
	}
	if c.Days != tokenDays { // else the server's own clock counts them
		in["expires"] = time.Now().AddDate(0, 0, c.Days).UTC().Format(time.RFC3339)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var out map[string]any
	if err := ask("POST", "/api/v1/tokens", "application/json", body, &out); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, out)
	}
	_, err = fmt.Fprintln(e.out, out["token"])
	return err
}
