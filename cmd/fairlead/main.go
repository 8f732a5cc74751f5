// Command fairlead runs an organisation's disclosure policy: the server, its
// demonstration, and the verbs that operators and scripts use. The command line
// is a door like the others: it asks a running server, or opens the data folder
// itself when none runs, and never goes past casework.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"fairlead/cmd/fairlead/dev"
	"fairlead/cmd/fairlead/keys"
	"fairlead/cmd/fairlead/team"
	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
)

// version is set when a release is linked.
var version = "devel"

// The exit codes that scripts may rely on.
const (
	exitDone    = 0
	exitFailed  = 1 // the check failed, or the act was refused
	exitUsage   = 2 // unusable arguments
	exitOutside = 3 // something outside failed
)

type commands struct {
	Demo     demoCmd      `cmd:"" help:"Run everything on this machine, with invented cases, to try it out."`
	Serve    serveCmd     `cmd:"" help:"Run the server."`
	Policy   policyCmd    `cmd:"" help:"Check, show and publish the disclosure policy."`
	Member   team.Members `cmd:"" help:"Members of the team."`
	Token    team.Tokens  `cmd:"" help:"API tokens."`
	Case     caseCmd      `cmd:"" help:"List, show, export and work cases."`
	Import   importCmd    `cmd:"" help:"Bring in what was kept elsewhere before."`
	Advisory advisoryCmd  `cmd:"" help:"Import, export and check advisories."`
	SBOM     sbomCmd      `cmd:"" name:"sbom" help:"What our versions are made of: bills of materials, and which versions contain a component."`
	Ledger   ledgerCmd    `cmd:"" help:"Check the histories against their leaves."`
	Keys     keys.Sealing `cmd:"" help:"Key-encryption keys."`
	OpenPGP  keys.OpenPGP `cmd:"" name:"openpgp" help:"The team's OpenPGP key: it signs what is published and reads encrypted mail."`
	Backup   backupCmd    `cmd:"" help:"Write a consistent copy of the data into a new folder."`
	Restore  restoreCmd   `cmd:"" help:"Bring a copy back into an empty data folder."`
	Doctor   doctorCmd    `cmd:"" help:"Look for what is wrong, and rebuild what is derived."`
	Bench    benchCmd     `cmd:"" help:"Measure this machine."`
	Dev      dev.Commands `cmd:"" help:"For those who work on the program."`
	Version  versionCmd   `cmd:"" help:"Print the version."`
}

// env is what a command may use.
type env struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main as a value, so that tests run the same program.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var cli commands
	code := -1
	parser, err := kong.New(&cli,
		kong.Name("fairlead"),
		kong.Description("Runs a disclosure policy: intake, promises, conversation, handling."),
		kong.Writers(out, errOut),
		kong.Exit(func(c int) { code = c }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "fairlead:", err)
		return exitUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if code >= 0 { // help was asked for and printed
		return code
	}
	if err != nil {
		fmt.Fprintf(errOut, "fairlead: %v\nTry: fairlead --help\n", err)
		return exitUsage
	}
	e := &env{ctx, in, out, errOut}
	if err := k.Run(e, &keys.Door{Out: out, Open: e.operate}, &dev.Door{Ctx: ctx, Tell: errOut}, &team.Door{Out: out, Reach: e.reach, Operate: e.operate}); err != nil {
		return complain(errOut, err)
	}
	return exitDone
}

// usageError is a fault of the arguments that parsing could not see.
type usageError struct{ error }

// listenable says why nothing could be listened on at an address, or nil.
func listenable(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return usage("--listen: not an address to listen on; write HOST:PORT, such as 127.0.0.1:8080, or choose another port, up to 65535")
	}
	return nil
}

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// complain prints an error for a person and picks the exit code.
func complain(w io.Writer, err error) int {
	var faults source.Faults
	var use usageError
	var wrong cvd.Faults
	switch {
	case errors.Is(err, errQuiet):
		return exitFailed
	case errors.As(err, &faults):
		fmt.Fprintln(w, faults.Error())
		return exitFailed
	case errors.As(err, &use), errors.As(err, &wrong): // what a server finds wrong was an argument here
		fmt.Fprintln(w, "fairlead:", err)
		return exitUsage
	case errors.Is(err, cvd.ErrUnavailable):
		fmt.Fprintln(w, "fairlead:", err)
		return exitOutside
	case kindOf(err):
		fmt.Fprintln(w, "fairlead:", err)
		return exitFailed
	}
	fmt.Fprintln(w, "fairlead:", err)
	return exitOutside
}

// errQuiet is a failed check that has already said everything.
var errQuiet = errors.New("the check failed")

func kindOf(err error) bool {
	for _, kind := range []error{
		cvd.ErrNotFound, cvd.ErrUnauthenticated, cvd.ErrForbidden, cvd.ErrInvalid, cvd.ErrUnreadable,
		cvd.ErrTooLarge, cvd.ErrNotReady, cvd.ErrEmbargoed, cvd.ErrConflict, cvd.ErrLimited,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
