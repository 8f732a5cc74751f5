package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // to mark a database as newer
)

// TestScripts runs testdata/*.txt: what operators and scripts type, with the
// exit codes and the words that come back. Each script has the two example
// policies as $signed and $team.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("team", example(t, "two-person-team"))
			env.Setenv("signed", example(t, "signed-policy"))
			env.Values["processes"] = map[string]*process{}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": scriptCode, "demo": scriptDemo, "serve": scriptServe, "stop": scriptStop, "crash": scriptCrash,
			"http": scriptHTTP, "grab": scriptGrab, "lines": scriptLines, "json": scriptJSON, "holds": scriptHolds, "write": scriptWrite, "newer": scriptNewer,
		},
	})
}

// code 2 demo --no-such   runs fairlead, which must end with that exit code
func scriptCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := exec.Command("fairlead", args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), ts.Stdout(), ts.Stderr()
	cmd.Env = append(os.Environ(), "FAIRLEAD_TOKEN="+ts.Getenv("FAIRLEAD_TOKEN"))
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("fairlead %s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

func (p *process) keep(ts *testscript.TestScript, name string) {
	ts.Value("processes").(map[string]*process)[name] = p
	ts.Defer(p.crash)
	for key, v := range map[string]string{"url": p.URL, "token": p.Token, "data": p.Data, "signin": p.SignIn} {
		ts.Setenv(name+"_"+key, v)
	}
}

// demo NAME [FLAGS]   starts a demo; sets $NAME_url, $NAME_token, $NAME_data
func scriptDemo(ts *testscript.TestScript, _ bool, args []string) {
	p, err := launch(ts.MkAbs("."), "", append([]string{"demo", "--json", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	ts.Check(err)
	p.keep(ts, args[0])
}

// serve NAME DATA CONFIG [FLAGS]   starts a server; sets $NAME_url, $NAME_token, $NAME_data
func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	data := ts.MkAbs(args[1])
	p, err := launch(ts.MkAbs("."), data, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--config"}, args[2:]...)...)
	ts.Check(err)
	p.keep(ts, args[0])
}

func ended(ts *testscript.TestScript, name string, end func(*process) error) {
	p := ts.Value("processes").(map[string]*process)[name]
	if p == nil {
		ts.Fatalf("%s was not started", name)
	}
	ts.Check(end(p))
	for suffix, text := range map[string]*transcript{".out": p.out, ".err": p.stderr} {
		ts.Check(os.WriteFile(ts.MkAbs(name+suffix), []byte(text.String()), 0o600))
	}
}

// stop NAME    SIGTERM; it must end with 0. What it wrote is in NAME.out and NAME.err
func scriptStop(ts *testscript.TestScript, _ bool, args []string) {
	ended(ts, args[0], (*process).stop)
}

// crash NAME   SIGKILL
func scriptCrash(ts *testscript.TestScript, _ bool, args []string) {
	ended(ts, args[0], func(p *process) error { p.crash(); return nil })
}

// http 201 POST URL [Header=value…] [@FILE] [ca=FILE]   prints the body
func scriptHTTP(ts *testscript.TestScript, _ bool, args []string) {
	client, body, head := http.DefaultClient, io.Reader(nil), http.Header{}
	for _, a := range args[3:] {
		key, value, _ := strings.Cut(a, "=")
		switch {
		case strings.HasPrefix(a, "@"):
			body = strings.NewReader(ts.ReadFile(a[1:]))
		case key == "ca":
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM([]byte(ts.ReadFile(value)))
			client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
		default:
			head.Set(key, value)
		}
	}
	req, err := http.NewRequest(args[1], args[2], body)
	ts.Check(err)
	req.Header = head
	res, err := client.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ts.Check(err)
	_, err = ts.Stdout().Write(b)
	ts.Check(err)
	if fmt.Sprint(res.StatusCode) != args[0] {
		ts.Fatalf("%s %s answered %d: %s", args[1], args[2], res.StatusCode, b)
	}
}

// grab NAME stdout REGEXP   sets $NAME to the first group
func scriptGrab(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile("(?m)" + args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) < 2 {
		ts.Fatalf("%s holds nothing like %s", args[1], args[2])
	}
	ts.Setenv(args[0], m[1])
}

// lines 1 stdout
func scriptLines(ts *testscript.TestScript, _ bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[1]), "\n"); fmt.Sprint(n) != args[0] {
		ts.Fatalf("%s has %d lines, not %s", args[1], n, args[0])
	}
}

// json stdout [MEMBER…]   is one JSON text, with these members if it is an object
func scriptJSON(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	d := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("%s holds more than one JSON text", args[0])
	}
	object, _ := v.(map[string]any)
	for _, name := range args[1:] {
		if _, ok := object[name]; !ok {
			ts.Fatalf("%s has no member %s", args[0], name)
		}
	}
}

// holds FOLDER TEXT   some file below the folder holds the text; "! holds": none
func scriptHolds(ts *testscript.TestScript, neg bool, args []string) {
	found := ""
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(args[1])) {
			found = path
		}
		return err
	}))
	if (found == "") != neg {
		ts.Fatalf("%q in %s: found in %q", args[1], args[0], found)
	}
}

// write FILE TEXT   makes a file that its owner alone may read
func scriptWrite(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+"\n"), 0o600))
}

// newer FILE   marks a database as one that a later Fairlead wrote
func scriptNewer(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	ts.Check(err)
	ts.Check(db.Close())
}
