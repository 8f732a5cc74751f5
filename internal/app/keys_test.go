package app_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/seal"
)

// A key file that lies beside the data is safe when it is sealed; it opens only
// with its secret, and rotating keeps it sealed and keeps every case readable.
func TestSealedKeyFilesOpenAndRotate(t *testing.T) {
	identity, recipient, err := seal.NewRecovery()
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]func(secret string) app.KeysConfig{
		"passphrase": func(secret string) app.KeysConfig { return app.KeysConfig{PassphraseFile: secret} },
		"age identity": func(secret string) app.KeysConfig {
			return app.KeysConfig{AgeIdentityFile: secret, AgeRecipient: recipient}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			dir := t.TempDir()
			secret := filepath.Join(dir, "secret")
			if err := os.WriteFile(secret, []byte(identity+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg := app.Config{Data: filepath.Join(dir, "data"), Database: app.DatabaseConfig{Engine: "sqlite"}, Keys: keys(secret)}
			h := open(t, cfg)
			if _, err := demo.Seed(ctx, h, examples.TwoPersonTeam, true); err != nil {
				t.Fatal(err)
			}
			a, err := h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Channel: "api", Report: &cvd.Report{Description: "words"}})
			if err != nil {
				t.Fatal(err)
			}
			before := h.Vault.Keys().PrimaryID()
			if n, err := h.RotateKeys(ctx); err != nil || n != 1 {
				t.Fatalf("rotating: %d cases, %v", n, err)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}

			h = open(t, cfg)
			defer h.Close()
			if h.Vault.Keys().PrimaryID() == before {
				t.Error("the rotated ring was not kept")
			}
			reporter, err := h.Auth.Receipt(ctx, a.Receipt)
			if err != nil {
				t.Fatal(err)
			}
			if files, err := h.Desk.As(reporter).Thread(ctx); err != nil || files[0].Case.Title != "words" {
				t.Errorf("after rotating the case reads %v, %v", files, err)
			}
		})
	}
}

func open(t *testing.T, cfg app.Config) *app.House {
	t.Helper()
	h, err := app.Build(context.Background(), cfg, app.Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A journal that a crash or a hand left short is made whole at the next start:
// an older copy must not bring an erased case back.
func TestTheJournalOfErasuresIsMadeWholeAtStart(t *testing.T) {
	ctx := context.Background()
	cfg := app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}
	h := open(t, cfg)
	seeded, err := demo.Seed(ctx, h, examples.TwoPersonTeam, true)
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Channel: "api", Report: &cvd.Report{Description: "words"}})
	if err != nil {
		t.Fatal(err)
	}
	lead := h.Desk.As(cvd.Actor{Kind: cvd.ActorMember, ID: seeded.Lead.ID, Roles: seeded.Lead.Roles})
	for _, step := range []struct {
		verb cvd.Verb
		in   cvd.Input
	}{
		{cvd.VerbInvalidate, cvd.Input{Reason: "no flaw"}},
		{cvd.VerbClose, cvd.Input{}},
		{cvd.VerbErase, cvd.Input{Reason: "asked for"}},
	} {
		if _, err := lead.Do(ctx, a.Case, step.verb, step.in); err != nil {
			t.Fatalf("%s: %v", step.verb, err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(cfg.Data, "erasures.log")
	if b, err := os.ReadFile(journal); err != nil || string(b) != "case "+string(a.Case)+"\n" {
		t.Fatalf("the journal holds %q, %v", b, err)
	}
	if err := os.Truncate(journal, 4); err != nil {
		t.Fatal(err)
	}
	if err := open(t, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(journal); err != nil || string(b) != "case "+string(a.Case)+"\n" {
		t.Errorf("after a start the journal holds %q, %v", b, err)
	}
}
