package jetstream_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		publishUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}
