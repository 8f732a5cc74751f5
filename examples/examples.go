// Package examples carries the example policies inside the binary, so that the
// demo needs no file. It holds data only.
package examples

import _ "embed"

// SignedPolicy is the policy of an invented vendor whose officers sign it.
//
//go:embed policies/signed-policy.yaml
var SignedPolicy []byte

// TwoPersonTeam is the policy of an invented team of two.
//
//go:embed policies/two-person-team.yaml
var TwoPersonTeam []byte
