// Package dev is the command line for those who work on the program itself. It
// opens no data and asks no server.
package dev

import (
	"context"
	"io"

	"fairlead/internal/app/storybook"
)

// Commands are those for developers.
type Commands struct {
	Storybook StorybookCmd `cmd:"" help:"Serve a page with every component of the site in every state, with invented data."`
}

// Door is what the commands use of the program around them.
type Door struct {
	Ctx  context.Context
	Tell io.Writer
}

// StorybookCmd serves the storybook.
type StorybookCmd struct {
	Listen string `default:"127.0.0.1:8081" help:"Address to answer on; port 0 picks a free one."`
}

// Run runs it.
func (c *StorybookCmd) Run(d *Door) error { return storybook.Run(d.Ctx, c.Listen, d.Tell) }
