package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"fairlead/internal/app"
	"fairlead/internal/cvd"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/web"
)

const (
	database = "fairlead.db"
	seeding  = ".seeding" // where a house is furnished, in the data folder
)

func config(data string) app.Config {
	c := app.Config{Data: data, Database: app.DatabaseConfig{Engine: "sqlite"}}
	c.SignIn.SecondFactor = web.SecondNone // one press of a button leads in
	return c
}

// furnish seeds the data folder, whole or not at all: a house is furnished in a
// folder aside and moved into place with its database last, so that a demo that was
// killed meanwhile begins anew. The folder must be held.
func (o Options) furnish(ctx context.Context, opt app.Options) (err error) {
	aside := filepath.Join(o.Data, seeding)
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	if err := os.MkdirAll(filepath.Join(aside, "was"), 0o700); err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	if _, err := os.Stat(filepath.Join(o.Data, database)); err == nil {
		wanting, err := o.copyWanting(ctx, opt, aside)
		if err != nil || !wanting {
			return err
		}
	}
	if err := o.seedAside(ctx, opt, aside); err != nil {
		return err
	}
	return moveIn(o.Data)
}

// copyWanting copies the database of a used folder aside if it still lacks
// something that a demo brings.
func (o Options) copyWanting(ctx context.Context, opt app.Options, aside string) (wanting bool, err error) {
	h, err := app.Build(ctx, config(o.Data), opt)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	members, err := h.Auth.Members(ctx)
	wanting = len(members) == 0
	if err == nil && !wanting && !o.Empty {
		wanting, err = caseless(ctx, h)
	}
	if err != nil || !wanting {
		return false, err
	}
	was := filepath.Join(aside, "was")
	if err := h.Store.Backup(ctx, was); err != nil {
		return false, err
	}
	return true, sqlstore.RestoreSQLite(ctx, was, filepath.Join(aside, database))
}

// seedAside furnishes a house in the folder aside, with the key file of the data
// folder: that one is never made twice.
func (o Options) seedAside(ctx context.Context, opt app.Options, aside string) (err error) {
	cfg := config(aside)
	cfg.Keys.File = filepath.Join(o.Data, "keys", "kek.json")
	opt.Resolver = invented{}
	h, err := app.Build(ctx, cfg, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	_, err = Seed(ctx, h, o.Policy, o.Empty)
	return err
}

// moveIn moves what was made aside into the data folder, the database last: with it
// all the rest counts.
func moveIn(data string) (err error) {
	root, err := os.OpenRoot(data)
	if err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	err = root.RemoveAll(path.Join(seeding, "was"))
	if err == nil {
		err = fs.WalkDir(root.FS(), seeding, func(from string, d fs.DirEntry, err error) error {
			to := strings.TrimPrefix(strings.TrimPrefix(from, seeding), "/")
			switch {
			case err != nil || to == database || to == "":
				return err
			case d.IsDir():
				return root.MkdirAll(to, 0o700)
			}
			return root.Rename(from, to)
		})
	}
	if err == nil {
		err = root.Rename(path.Join(seeding, database), database)
	}
	if err != nil {
		return fmt.Errorf("%w: data folder: %w", cvd.ErrUnavailable, err)
	}
	return nil
}
