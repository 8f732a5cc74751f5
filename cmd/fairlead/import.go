package main

import (
	"time"

	old "fairlead/internal/app/mailbox"
)

type importCmd struct {
	Mailbox importMailboxCmd `cmd:"" help:"Make cases of old threads: an mbox file, a Maildir, or a mailbox of an account in the configuration."`
}

type importMailboxCmd struct {
	Mailboxes []string `arg:"" name:"mailbox" help:"An mbox file, a Maildir, imap:NAME, or imap:NAME/MAILBOX."`
	Program   string   `help:"Program of the cases; the first of the policy if left out."`
	Team      []string `help:"Addresses and domains of the team, besides those that the policy and the members have."`
	DryRun    bool     `help:"Show the threads and take nothing in."`
	operated
	JSON bool `name:"json" help:"Print what became of each thread."`
}

func (c *importMailboxCmd) Run(e *env) error {
	r, err := c.remote()
	if err != nil {
		return err
	}
	im := old.Import{Team: c.Team, Program: c.Program, Dry: c.DryRun, JSON: c.JSON, Now: time.Now(), Out: e.out}
	if err := im.Faults(); err != nil {
		return err
	}
	cfg, err := r.config()
	if err != nil {
		return err
	}
	if cfg.Mail != nil {
		im.Accounts = cfg.Mail.IMAP
	}
	var done func()
	if im.Ask, done, err = r.connect(e); err != nil {
		return err
	}
	defer done()
	failed, err := im.Run(e.ctx, c.Mailboxes)
	if err == nil && failed {
		return errQuiet
	}
	return err
}
