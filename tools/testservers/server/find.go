package server

import (
	"cmp"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// places are where servers can be had from on this machine. What is empty is not here.
type places struct {
	docker   string // the client of an engine that answers
	postgres string // the folder of PostgreSQL's binaries
	redis    string // the binary
}

// find looks at the machine anew: PATH may have changed, and an engine come or gone.
func find(ctx context.Context) places {
	if docker, ok := engine(ctx); ok {
		return places{docker: docker}
	}
	var here places
	here.postgres = postgresFolder()
	if redis, err := exec.LookPath("redis-server"); err == nil {
		here.redis = redis
	}
	return here
}

// lack says in one line what is missing and what to do about it; nothing when both servers can be had.
func (p places) lack() string {
	var missing []string
	if p.docker == "" && p.postgres == "" {
		missing = append(missing, "postgres")
	}
	if p.docker == "" && p.redis == "" {
		missing = append(missing, "redis-server")
	}
	if len(missing) == 0 {
		return ""
	}
	return "the tests need PostgreSQL and Redis, and there is no Docker engine and no " + strings.Join(missing, ", no ") +
		" here: install Docker, or the packages postgresql and redis-server"
}

// packages are those of Debian's that bring what is missing.
func (p places) packages() (names []string) {
	if p.docker != "" {
		return nil
	}
	if p.postgres == "" {
		names = append(names, "postgresql")
	}
	if p.redis == "" {
		names = append(names, "redis-server")
	}
	return names
}

// engine looks for Docker. The client alone is no answer: it is installed on many a machine without its engine.
func engine(ctx context.Context) (client string, answers bool) {
	client, err := exec.LookPath("docker")
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return client, exec.CommandContext(ctx, client, "version", "--format", "{{.Server.Version}}").Run() == nil
}

// postgresFolder prefers PATH, which somebody may have set on purpose. Debian keeps all but the client out of it.
func postgresFolder() string {
	if binary, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(binary); err == nil { // initdb stands beside the real one
			return filepath.Dir(target)
		}
	}
	binaries, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(binaries) == 0 {
		return ""
	}
	version := func(binary string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(binary)))) // no number: older than any
		return n
	}
	return filepath.Dir(slices.MaxFunc(binaries, func(a, b string) int { return cmp.Compare(version(a), version(b)) }))
}
