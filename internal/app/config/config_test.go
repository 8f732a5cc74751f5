package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/app/config"
	"fairlead/internal/policy/source"
)

func read(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": strings.ReplaceAll("policy: p.yaml\n"+text, "DIR", dir), "key": "secret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Read(filepath.Join(dir, "config.yaml"))
}

// An account at CVE Services is whole or refused, and sends nothing unless it says so.
func TestCVE(t *testing.T) {
	const whole = "cve:\n  org: nls\n  org_id: 8254265b-2729-46b6-b9e3-3dfca2d5bfca\n  user: fairlead\n"
	cfg, err := read(t, whole+"  key_file: DIR/key\n")
	if err != nil || cfg.CVE == nil || cfg.CVE.Key != "secret" || cfg.CVE.Live || cfg.CVE.Environment != "" {
		t.Fatalf("%+v, %v", cfg.CVE, err)
	}
	for text, want := range map[string]string{
		whole: "key",
		strings.Replace(whole, "8254265b", "x", 1) + "  key: k\n": "org_id",
		whole + "  key: k\n  environment: staging\n":              "environment",
		whole + "  key_file: DIR/none\n":                          "key_file",
		"cve:\n  key: k\n":                                        "org",
	} {
		_, err := read(t, text)
		var faults source.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
