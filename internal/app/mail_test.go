package app_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/inbox"
)

// Mail that waits is part of a backup, large as it may be, and no check of the house
// takes its file for a leftover.
func TestMailIsKeptOverABackup(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	cfg := app.Config{Data: filepath.Join(dir, "data"), Database: app.DatabaseConfig{Engine: "sqlite"}, Keys: app.KeysConfig{File: filepath.Join(dir, "key")}}
	raw := []byte(strings.Repeat("x", inbox.Inline+1))
	h := open(t, cfg)
	if _, err := demo.Seed(ctx, h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	id, err := h.Inbox.Accept(ctx, inbox.Item{Door: "smtp", Raw: raw})
	if err != nil {
		t.Fatal(err)
	}
	found, err := h.Doctor(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Findings {
		if f.Where == "files" {
			t.Errorf("doctor: %s", f.Text)
		}
	}
	backup := filepath.Join(dir, "backup")
	if err := errors.Join(h.Backup(ctx, backup), h.Close()); err != nil {
		t.Fatal(err)
	}
	cfg.Data = filepath.Join(dir, "again")
	if _, err := app.Restore(ctx, cfg, app.RestoreOptions{From: backup}); err != nil {
		t.Fatal(err)
	}
	again := open(t, cfg)
	defer again.Close()
	it, err := again.Inbox.Item(ctx, id)
	if err != nil || !bytes.Equal(it.Raw, raw) || it.State != inbox.Waiting {
		t.Errorf("%v", err)
	}
}
