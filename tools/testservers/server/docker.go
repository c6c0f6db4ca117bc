package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The images are official ones and small; PostgreSQL's has the extensions that belong to it.
const (
	postgresImage = "postgres:17-alpine"
	redisImage    = "redis:7-alpine"
)

// container is a server that runs in one.
type container struct {
	docker, name, image string
	port, folder        string   // as seen from inside
	options, command    []string // of docker run, and in the container
	shared              bool     // it keeps its data in memory, which does not outlive a stop
	created             bool
	guard               *guard
}

func newContainer(docker, kind, image, port, folder string, shared bool) (*container, error) {
	dir, err := os.MkdirTemp("", "marquee-test-"+kind+"-") // for its name, which is then nobody else's on this machine
	if err != nil {
		return nil, err
	}
	c := &container{docker: docker, name: filepath.Base(dir), image: image, port: port, folder: folder, shared: shared}
	if c.guard, err = newGuard(dir, docker, c.name); err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	return c, nil
}

func (c *container) start(ctx context.Context, port int) error {
	if c.created {
		return portTaken(c.do(ctx, "start", c.name))
	}
	if c.do(ctx, "image", "inspect", c.image) != nil {
		if err := c.do(ctx, "pull", "--quiet", c.image); err != nil {
			return err
		}
	}
	// Not interrupted: the engine could bring the container into being after the guard has looked for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	kept := []string{"--volume", c.folder}
	if c.shared {
		kept = []string{"--tmpfs", c.folder + ":mode=1777"}
	}
	// Without --rm: the log of a server that did not come up would go with it. The guard removes the container.
	args := append([]string{"run", "--detach", "--name", c.name, "--publish", "127.0.0.1:" + strconv.Itoa(port) + ":" + c.port}, kept...)
	args = append(append(args, c.options...), c.image)
	err := portTaken(c.do(ctx, append(args, c.command...)...))
	c.created = err == nil
	if errors.Is(err, errPortTaken) {
		_ = c.do(ctx, "rm", "--force", "--volumes", c.name) // it may be there and only not run; the next try needs the name
	}
	return err
}

// portTaken tells by what the engine says, which has two ways to put it.
func portTaken(err error) error {
	if err != nil && (strings.Contains(err.Error(), "port is already allocated") || strings.Contains(err.Error(), "address already in use")) {
		return errPortTaken
	}
	return err
}

// running is true of a paused container too, as the engine has it.
func (c *container) running(ctx context.Context) bool { return c.is(ctx, "Running") }
func (c *container) paused(ctx context.Context) bool  { return c.is(ctx, "Paused") }

func (c *container) is(ctx context.Context, state string) bool {
	out, err := c.output(ctx, "inspect", "--format", "{{.State."+state+"}}", c.name)
	return err == nil && strings.TrimSpace(out) == "true"
}

func (c *container) stop(ctx context.Context) error {
	if err := c.thaw(ctx); err != nil {
		return err
	}
	return c.do(ctx, "stop", "-t", "30", c.name)
}

func (c *container) kill(ctx context.Context) error {
	if err := c.thaw(ctx); err != nil { // engines refuse to kill what is paused
		return err
	}
	if err := c.do(ctx, "kill", c.name); err != nil {
		return err
	}
	return c.do(ctx, "wait", c.name)
}

func (c *container) freeze(ctx context.Context) error {
	if c.paused(ctx) {
		return nil
	}
	return c.do(ctx, "pause", c.name)
}

func (c *container) thaw(ctx context.Context) error {
	if !c.paused(ctx) {
		return nil
	}
	return c.do(ctx, "unpause", c.name)
}

func (c *container) run(ctx context.Context, command ...string) error {
	if c.running(ctx) {
		return c.do(ctx, append([]string{"exec", c.name}, command...)...)
	}
	args := []string{"run", "--rm", "--volumes-from", c.name, "--entrypoint", command[0], c.image}
	return c.do(ctx, append(args, command[1:]...)...)
}

func (c *container) log(ctx context.Context) string {
	log, err := c.output(ctx, "logs", "--tail", "50", c.name)
	if err != nil {
		return err.Error()
	}
	return log
}

func (c *container) end(ctx context.Context) error { return c.guard.end(ctx) }

func (c *container) do(ctx context.Context, args ...string) error {
	_, err := c.output(ctx, args...)
	return err
}

func (c *container) output(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, c.docker, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, tail(string(out)))
	}
	return string(out), nil
}
