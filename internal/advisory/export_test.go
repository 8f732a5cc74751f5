package advisory

// RuleIDs lists the rules of the lint, each once.
func RuleIDs() []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.id)
	}
	return out
}
