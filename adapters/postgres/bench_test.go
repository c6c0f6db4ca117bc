package postgres_test

import (
	"testing"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/ports/porttest"
)

func openBench(b *testing.B) porttest.EventStore {
	b.Helper()
	return openAt(b, postgres.Options{URL: as(b, database(b), service, "")})
}

func BenchmarkApply(b *testing.B) {
	b.Run("one consumer", func(b *testing.B) { porttest.BenchmarkApply(b, 1, openBench) })
	b.Run("two consumers", func(b *testing.B) { porttest.BenchmarkApply(b, 2, openBench) })
}

func BenchmarkSearch(b *testing.B) { porttest.BenchmarkSearch(b, openBench) }

func BenchmarkSnapshot(b *testing.B) { porttest.BenchmarkSnapshot(b, openBench) }
