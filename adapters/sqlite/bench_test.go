package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/ports/porttest"
)

func openBench(b *testing.B) porttest.EventStore {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "bench.db"), Clock: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func BenchmarkApply(b *testing.B) { porttest.BenchmarkApply(b, 1, openBench) }

func BenchmarkSearch(b *testing.B) { porttest.BenchmarkSearch(b, openBench) }

func BenchmarkSnapshot(b *testing.B) { porttest.BenchmarkSnapshot(b, openBench) }
