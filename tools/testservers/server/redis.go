package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// newRedis starts a Redis. A shared one need not keep its data over a restart.
func newRedis(ctx context.Context, here places, shared bool, args ...string) (*server, error) {
	s := &server{name: "Redis", answers: redisAnswers}
	args = append([]string{"--save", "", "--appendonly", "no"}, args...)
	if here.docker != "" {
		c, err := newContainer(here.docker, "redis", redisImage, "6379", "/data", shared)
		if err != nil {
			return nil, err
		}
		s.at, s.data = c, c.folder
		c.command = append([]string{"redis-server", "--dir", s.data, "--protected-mode", "no"}, args...) // published on 127.0.0.1 only
	} else {
		p, err := newProcess("redis")
		if err != nil {
			return nil, err
		}
		s.at, s.data = p, p.dir
		p.stopSignal = syscall.SIGTERM
		p.command = func(port int) []string {
			return append([]string{here.redis, "--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", s.data}, args...)
		}
	}
	return s.launch(ctx, func(address string) string { return "redis://" + address })
}

func redisAnswers(ctx context.Context, s *server) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(s.url, "redis://"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(patience)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("CONFIG GET dir\r\n")); err != nil {
		return err
	}
	// The answer is an array of two strings, each with its length in a line before it: *2 $3 dir $17 /tmp/…
	answer := bufio.NewScanner(conn)
	for line := 1; answer.Scan(); line++ {
		switch {
		case strings.HasPrefix(answer.Text(), "-"):
			return fmt.Errorf("it says %s", answer.Text())
		case line == 5:
			return same(answer.Text(), s.data)
		}
	}
	return errors.Join(errors.New("it hung up"), answer.Err())
}
