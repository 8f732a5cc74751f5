package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// flagsOf are the names of a command's flags, and the words that one of them may hold.
func flagsOf(t *testing.T, path ...string) map[string]*kong.Flag {
	t.Helper()
	var cli commands
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	node := parser.Model.Node
	for _, name := range path {
		at := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == name })
		if at < 0 {
			t.Fatalf("no command %s", strings.Join(path, " "))
		}
		node = node.Children[at]
	}
	out := map[string]*kong.Flag{}
	for _, f := range node.Flags {
		out[f.Name] = f
	}
	return out
}

// Whatever a verb takes can be given on the command line.
func TestEveryInputOfAVerbHasAFlag(t *testing.T) {
	flags := flagsOf(t, "case", "do")
	for _, spec := range rule.Specs {
		if !slices.Contains(verbs(), string(spec.Verb)) {
			continue
		}
		for _, name := range append(slices.Clone(spec.Takes), spec.Needs...) {
			if flags[name] == nil {
				t.Errorf("%s takes %s, and there is no --%s", spec.Verb, name, name)
			}
		}
	}
}

// Whatever a member may be can be given on the command line.
func TestEveryRoleCanBeAdded(t *testing.T) {
	words := strings.Split(flagsOf(t, "member", "add")["role"].Enum, ",")
	for _, role := range cvd.Roles {
		if !slices.Contains(words, string(role)) {
			t.Errorf("no --role %s", role)
		}
	}
}
