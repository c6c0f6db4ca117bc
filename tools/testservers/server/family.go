package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// relative is a process as the system lists it.
type relative struct {
	pid, parent int
	state       byte
}

// States of a process that matter here.
const (
	stopped = 'T'
	zombie  = 'Z' // it has ended; whoever started it has not heard of that yet
)

// family lists a process and all that descend from it, the oldest first.
func family(ctx context.Context, pid int) ([]relative, error) {
	all, err := processes(ctx)
	if err != nil {
		return nil, err
	}
	first, ok := all[pid]
	if !ok {
		return nil, nil
	}
	members := []relative{first}
	for i := 0; i < len(members); i++ { // it grows on the way
		for _, r := range all {
			if r.parent == members[i].pid {
				members = append(members, r)
			}
		}
	}
	return members, nil
}

// processes lists all that run. Linux has a folder for it, and ps is not installed everywhere; other systems have ps.
func processes(ctx context.Context) (map[int]relative, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]relative{}
	for _, name := range stats {
		// 4711 (a name (of any kind)) S 1 …
		stat, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) || err != nil && strings.Contains(err.Error(), "no such process") {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		var r relative
		begin, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
		if begin < 0 || end < 0 {
			return nil, fmt.Errorf("%s cannot be understood: %q", name, stat)
		}
		if _, err := fmt.Sscanf(string(stat[:begin])+string(stat[end+1:]), "%d %c %d", &r.pid, &r.state, &r.parent); err != nil {
			return nil, fmt.Errorf("%s cannot be understood: %w", name, err)
		}
		all[r.pid] = r
	}
	if len(all) > 0 {
		return all, nil
	}
	out, err := exec.CommandContext(ctx, "ps", "-Ao", "pid=,ppid=,stat=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		parent, err2 := strconv.Atoi(fields[1])
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		all[pid] = relative{pid: pid, parent: parent, state: fields[2][0]}
	}
	return all, nil
}
