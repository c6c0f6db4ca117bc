//go:build linux

package throughput

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// tick is the unit in which Linux tells times of processes, on every machine.
const tick = 10 * time.Millisecond

// stat is what the kernel says of a process: the times that it, and those of its children that it has waited for, were on a
// processor.
type stat struct {
	pid, parent   int
	own, children time.Duration
}

// parseStat reads /proc/PID/stat: "4711 (a name (of any kind)) S 1 …".
func parseStat(text string) (stat, error) {
	begin, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return stat{}, fmt.Errorf("stat cannot be understood: %q", text)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:begin]))
	if err != nil {
		return stat{}, err
	}
	fields := strings.Fields(text[end+1:])
	const parent, times = 1, 11 // places behind the name; there are four times
	if len(fields) < times+4 {
		return stat{}, fmt.Errorf("stat has too few fields: %q", text)
	}
	var numbers [5]int
	for i, place := range [...]int{parent, times, times + 1, times + 2, times + 3} {
		if numbers[i], err = strconv.Atoi(fields[place]); err != nil {
			return stat{}, err
		}
	}
	return stat{
		pid: pid, parent: numbers[0],
		own: time.Duration(numbers[1]+numbers[2]) * tick, children: time.Duration(numbers[3]+numbers[4]) * tick,
	}, nil
}

func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	s, err := parseStat(string(text))
	require.NoError(t, err)
	return s.own
}

// everyProcess is the table of processes where PostgreSQL runs, as it sees it itself: that may be inside of a container.
const everyProcess = `SELECT CASE WHEN name ~ '^[0-9]+$' THEN pg_read_file('/proc/' || name || '/stat', 0, 4096, true) END FROM pg_ls_dir('/proc') AS name`

// cpuOfPostgres is of all its processes, those that have ended included: their times are with the postmaster, whose
// children they were.
func cpuOfPostgres(t *testing.T, conn *pgx.Conn) time.Duration {
	t.Helper()
	var mine int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&mine))
	var all map[int]stat
	var err error
	for range 10 { // a process that ends while it is looked at is an error
		if all, err = processes(t.Context(), conn); err == nil {
			break
		}
	}
	require.NoError(t, err)
	postmaster := all[all[mine].parent]
	require.NotZero(t, postmaster.pid)
	sum := postmaster.own + postmaster.children
	for _, s := range all {
		if s.parent == postmaster.pid {
			sum += s.own
		}
	}
	return sum
}

func processes(ctx context.Context, conn *pgx.Conn) (map[int]stat, error) {
	rows, err := conn.Query(ctx, everyProcess)
	if err != nil {
		return nil, err
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[*string])
	if err != nil {
		return nil, err
	}
	all := map[int]stat{}
	for _, text := range texts {
		if text == nil || *text == "" {
			continue
		}
		s, err := parseStat(*text)
		if err != nil {
			return nil, err
		}
		all[s.pid] = s
	}
	return all, nil
}
