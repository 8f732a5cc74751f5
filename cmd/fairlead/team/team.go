// Package team is the command line of the members of the team: who they are, how
// they get in, and the API tokens that speak for them.
//
// It asks the server as every command does and keeps nothing.
package team

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"fairlead/cmd/fairlead/ask"
	"fairlead/cmd/fairlead/keys"
	"fairlead/internal/cvd"
)

// Server is where the team is.
type Server ask.Server

// Door is what the commands use of the program around them.
type Door struct {
	Out io.Writer
	// Reach finds a server, and Operate one as its operator.
	Reach   func(Server) (do ask.Asker, done func(), err error)
	Operate func(keys.Where) (do ask.Asker, done func(), err error)
}

func (d *Door) print(v any) error {
	enc := json.NewEncoder(d.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Members are the commands about members.
type Members struct {
	Add   AddCmd   `cmd:"" help:"Add a member and print their one-time sign-in link."`
	List  ListCmd  `cmd:"" help:"List members."`
	Link  LinkCmd  `cmd:"" help:"Print a fresh one-time sign-in link for a member who cannot sign in."`
	Roles RolesCmd `cmd:"" help:"Set a member's roles and offices. On the desk a lead does that for others, and nobody for themselves."`
	Reset ResetCmd `cmd:"" help:"Take everything away that lets a member in, and print a one-time sign-in link: for one who lost it all, or whose account somebody took over."`
}

// AddCmd adds a member.
type AddCmd struct {
	Server
	Name          string   `required:"" help:"Name, as the team sees it."`
	Email         string   `required:"" help:"Address for notices and sign-in."`
	Role          []string `required:"" enum:"lead,member,fixer,officer,auditor,reader" help:"lead, member, fixer, officer, auditor or reader; may be repeated."`
	Office        []string `help:"Office of an officer, as the policy's sign_offs name it." sep:"none"`
	Qualification string   `help:"Security background, in a few words."`
	JSON          bool     `name:"json" help:"Print the result."`
}

// Run runs it.
func (c *AddCmd) Run(d *Door) error {
	body, err := json.Marshal(map[string]any{
		"name": c.Name, "email": c.Email, "roles": c.Role, "offices": c.Office, "qualification": c.Qualification,
	})
	if err != nil {
		return err
	}
	return c.linkFor(d, func(do ask.Asker, out *map[string]any) (string, error) {
		err := do("POST", "/api/v1/members", "application/json", body, out)
		return fmt.Sprint((*out)["id"]), err
	}, c.JSON)
}

// linkFor makes or names a member and prints a sign-in link for them.
func (s Server) linkFor(d *Door, who func(do ask.Asker, out *map[string]any) (id string, err error), asJSON bool) error {
	do, done, err := d.Reach(s)
	if err != nil {
		return err
	}
	defer done()
	out := map[string]any{}
	id, err := who(do, &out)
	if err != nil {
		return err
	}
	var link struct{ URL string }
	if err := do("POST", "/api/v1/members/"+id+"/link", "application/json", []byte("{}"), &link); err != nil {
		return err
	}
	out["sign_in_url"] = link.URL
	if asJSON {
		return d.print(out)
	}
	_, err = fmt.Fprintf(d.Out, "member %s\nsign in once with %s\n", id, link.URL)
	return err
}

// LinkCmd makes a sign-in link.
type LinkCmd struct {
	ID string `arg:"" help:"Member id."`
	Server
	JSON bool `name:"json" help:"Print the result."`
}

// Run runs it.
func (c *LinkCmd) Run(d *Door) error {
	return c.linkFor(d, func(_ ask.Asker, out *map[string]any) (string, error) {
		(*out)["id"] = c.ID
		return c.ID, nil
	}, c.JSON)
}

// ListCmd lists the members.
type ListCmd struct {
	Server
	JSON bool `name:"json" help:"Print the API's answer."`
}

// Run runs it.
func (c *ListCmd) Run(d *Door) error {
	do, done, err := d.Reach(c.Server)
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
	if err := do("GET", "/api/v1/members", "", nil, &out); err != nil {
		return err
	}
	if c.JSON {
		return d.print(out)
	}
	for _, m := range out.Members {
		state := ""
		if !m.Active {
			state = "  (not active)"
		}
		fmt.Fprintf(d.Out, "%s  %v  %s <%s>%s\n", m.ID, m.Roles, m.Name, m.Email, state)
	}
	return nil
}

// Tokens are the commands about API tokens.
type Tokens struct {
	Create CreateCmd `cmd:"" help:"Make an API token for a member; it is shown once."`
}

// CreateCmd makes an API token.
type CreateCmd struct {
	Server
	Member  string   `required:"" help:"Member id the token speaks for."`
	Name    string   `required:"" help:"What it is for."`
	Machine bool     `help:"A machine acts with it: it keeps no human promise."`
	Days    int      `default:"90" help:"How many days it works, up to 365."`
	Scope   []string `help:"To what it is held, such as cases:read; may be given several times. Without it, everything that the member's roles may."`
	JSON    bool     `name:"json" help:"Print the result."`
}

// tokenDays is how long a token works if nothing is said.
const tokenDays = 90

// Run runs it.
func (c *CreateCmd) Run(d *Door) error {
	if c.Days < 1 || c.Days > 365 {
		return cvd.Faults{{Field: "--days", Problem: "must be from 1 to 365", Remedy: "leave it out for 90"}}
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
	do, done, err := d.Reach(c.Server)
	if err != nil {
		return err
	}
	defer done()
	var out map[string]any
	if err := do("POST", "/api/v1/tokens", "application/json", body, &out); err != nil {
		return err
	}
	if c.JSON {
		return d.print(out)
	}
	_, err = fmt.Fprintln(d.Out, out["token"])
	return err
}

// RolesCmd sets roles and offices. It is the operator's, for the team that has one lead,
// who may not change their own.
type RolesCmd struct {
	Member string   `arg:"" help:"Member id; see member list."`
	Role   []string `required:"" enum:"lead,member,fixer,officer,auditor,reader" help:"All that they hold from now on; may be repeated."`
	Office []string `help:"Office of an officer, as the policy's sign_offs name it; all that they hold from now on." sep:"none"`
	keys.Where
}

// Run runs it.
func (c *RolesCmd) Run(d *Door) error {
	body, err := json.Marshal(map[string]any{"roles": c.Role, "offices": c.Office})
	if err != nil {
		return err
	}
	do, done, err := d.Operate(c.Where)
	if err != nil {
		return err
	}
	defer done()
	var out cvd.Member
	if err := do("POST", "/api/v1/admin/members/"+url.PathEscape(c.Member)+"/roles", "application/json", body, &out); err != nil {
		return err
	}
	if c.JSON {
		return d.print(out)
	}
	_, err = fmt.Fprintf(d.Out, "member %s  roles %v  offices %q\n", out.ID, out.Roles, out.Offices)
	return err
}

// ResetCmd takes everything away that lets a member in. It is the operator's, who
// alone may act without another lead.
type ResetCmd struct {
	Member string `arg:"" help:"Member id; see member list."`
	keys.Where
}

// Run runs it.
func (c *ResetCmd) Run(d *Door) error {
	do, done, err := d.Operate(c.Where)
	if err != nil {
		return err
	}
	defer done()
	var out struct {
		ID     string    `json:"id"`
		SignIn string    `json:"sign_in_url"`
		Until  time.Time `json:"until"`
	}
	if err := do("POST", "/api/v1/admin/members/"+url.PathEscape(c.Member)+"/reset", "application/json", []byte("{}"), &out); err != nil {
		return err
	}
	if c.JSON {
		return d.print(out)
	}
	_, err = fmt.Fprintf(d.Out, "member %s: password, second factor, passkeys, linked accounts, sessions, links and own API tokens are gone\nsign in once until %s with %s\n", out.ID, out.Until.Format(time.RFC3339), out.SignIn)
	return err
}
