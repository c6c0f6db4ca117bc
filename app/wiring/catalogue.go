package wiring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/config"
)

// Purpose is what a command beside the service wants of the catalogue.
type Purpose int

// The purposes.
const (
	Reading  Purpose = iota // it changes nothing
	Deciding                // a person decides something
)

// OpenCatalogue opens the catalogue beside whoever runs on it, whose schema stays as it is.
func OpenCatalogue(ctx context.Context, c config.Config, p Purpose) (Catalogue, error) {
	if c.DatabaseURL != "" {
		store, err := postgres.Open(ctx, postgres.Options{URL: c.DatabaseURL, Readers: 1, Writers: 1, ReadOnly: p == Reading, Beside: true})
		if err != nil {
			return nil, fmt.Errorf("open the catalogue of MARQUEE_DATABASE_URL: %w", err)
		}
		return store, nil
	}
	path := DataDir(c.DataDir).Database()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no catalogue at %s; MARQUEE_DATA_DIR says where to look", path)
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: path, Clock: time.Now, Readers: 1, ReadOnly: p == Reading, Beside: true})
	if err != nil {
		return nil, fmt.Errorf("open the catalogue at %s: %w", path, err)
	}
	return store, nil
}

// Migrate brings the schema of the catalogue up to date. The embedded one has to be in nobody's use.
func Migrate(ctx context.Context, c config.Config) (err error) {
	if c.DatabaseURL != "" {
		return postgres.Migrate(ctx, c.DatabaseURL, slog.Default())
	}
	dir := DataDir(c.DataDir)
	unlock, err := dir.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: dir.Database(), Clock: time.Now})
	if err != nil {
		return err
	}
	return store.Close()
}

// Migration is a step of the schema.
type Migration = sqlite.Migration

// Migrations tells which steps the catalogue's schema has taken, and changes nothing.
func Migrations(ctx context.Context, c config.Config) ([]Migration, error) {
	if c.DatabaseURL != "" {
		return postgres.Migrations(ctx, c.DatabaseURL)
	}
	return sqlite.Migrations(ctx, DataDir(c.DataDir).Database())
}
