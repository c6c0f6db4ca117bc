package server_test

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

func TestRedisIsSetUpForTests(t *testing.T) {
	for _, url := range []string{server.SharedRedis(t), server.StartRedis(t).URL()} {
		assert.Equal(t, "+PONG", ask(t, url, "PING"))
	}
	small := server.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru").URL()
	assert.Contains(t, ask(t, small, "CONFIG GET maxmemory"), "4194304")
	assert.Contains(t, ask(t, small, "CONFIG GET maxmemory-policy"), "allkeys-lru")
}

func TestRedisThatFreezes(t *testing.T) {
	redis := server.StartRedis(t)
	redis.Freeze()
	_, err := askFor(t, tooLong, redis.URL(), "PING")
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
	redis.Thaw()
	assert.Equal(t, "+PONG", ask(t, redis.URL(), "PING"))
}

func TestRedisThatGoesAndComesBackEmpty(t *testing.T) {
	redis := server.StartRedis(t)
	url := redis.URL()
	for name, leave := range map[string]func(){"killed": redis.Kill, "stopped": redis.Stop} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "+OK", ask(t, url, "SET seat 1"))
			leave()
			_, err := askFor(t, time.Second, url, "PING")
			assert.Error(t, err)

			redis.Start()
			assert.Equal(t, url, redis.URL())
			assert.Equal(t, ":0", ask(t, url, "EXISTS seat"))
		})
	}
}

func ask(t *testing.T, url, command string) string {
	t.Helper()
	answer, err := askFor(t, time.Minute, url, command)
	require.NoError(t, err)
	return answer
}

func askFor(t *testing.T, timeout time.Duration, url, command string) (string, error) {
	t.Helper()
	port, ok := strings.CutPrefix(url, "redis://127.0.0.1:")
	require.True(t, ok, url)
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(timeout)))
	if _, err := conn.Write([]byte(command + "\r\nQUIT\r\n")); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return strings.TrimSuffix(string(answer), "\r\n+OK\r\n"), err
}
