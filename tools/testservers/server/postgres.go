package server

import (
	"context"
	"fmt"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// newPostgres starts a PostgreSQL. A shared one need not keep its data over a restart.
func newPostgres(ctx context.Context, here places, shared bool, settings ...string) (*server, error) {
	s := &server{name: "PostgreSQL", answers: postgresAnswers}
	// Speed at the price of a power cut, which no test plays: the kernel keeps what was written by a process that was
	// killed. Shared memory is kept in files, because those end with the folder.
	settings = append([]string{"fsync=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap"}, settings...)
	var flags []string
	for _, setting := range settings {
		flags = append(flags, "-c", setting)
	}

	// As seen from where the server runs.
	binary := func(name string) string { return name }
	port := func() string { return strconv.Itoa(s.port) }
	if here.docker != "" {
		c, err := newContainer(here.docker, "postgres", postgresImage, "5432", "/marquee", shared)
		if err != nil {
			return nil, err
		}
		c.options = []string{
			"-e", "PGDATA=" + c.folder + "/data", "-e", "POSTGRES_HOST_AUTH_METHOD=trust",
			"-e", "POSTGRES_INITDB_ARGS=--no-sync --locale=C.UTF-8 --encoding=UTF8",
		}
		c.command = append([]string{"postgres"}, flags...)
		s.at, s.data, s.copied = c, c.folder+"/data", c.folder+"/copy"
		port = func() string { return c.port }
	} else {
		p, err := newProcess("postgres")
		if err != nil {
			return nil, err
		}
		binary = func(name string) string { return filepath.Join(here.postgres, name) }
		s.at, s.data, s.copied = p, filepath.Join(p.dir, "data"), filepath.Join(p.dir, "copy")
		p.stopSignal = syscall.SIGINT // waits for nobody; SIGTERM would wait for clients to leave
		p.command = func(port int) []string {
			return append([]string{
				binary("postgres"), "-D", s.data, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1",
				"-c", "unix_socket_directories=", // temporary folders may have longer paths than a socket can
			}, flags...)
		}
		if err := p.initPostgres(ctx, binary("initdb"), s.data); err != nil {
			return nil, fmt.Errorf("start PostgreSQL: %w", joinEnd(ctx, err, p))
		}
	}
	s.saves = func() []string {
		return []string{
			binary("pg_basebackup"), "-D", s.copied, "-h", "127.0.0.1", "-p", port(), "-U", "postgres",
			"--checkpoint=fast", "--no-sync",
		}
	}
	return s.launch(ctx, func(address string) string { return "postgres://postgres@" + address + "/postgres?sslmode=disable" })
}

func (p *process) initPostgres(ctx context.Context, initdb, data string) error {
	if err := p.leaveRoot("postgres"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.run(ctx, initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--no-instructions",
		"--locale=C.UTF-8", "--encoding=UTF8")
}

func postgresAnswers(ctx context.Context, s *server) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var data string
	if err := conn.QueryRow(ctx, "show data_directory").Scan(&data); err != nil {
		return err
	}
	return same(data, s.data)
}

// same compares the folders of who answers and of who should.
func same(got, want string) error {
	if got != want {
		return fmt.Errorf("the server on this port keeps its data in %s, not in %s", got, want)
	}
	return nil
}

// leaveRoot makes root run the server, and all that belongs to it, as another user: PostgreSQL refuses to serve as root.
func (p *process) leaveRoot(name string) error {
	if syscall.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("read the number of user %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("read the number of the group of user %s: %w", name, err)
	}
	p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return chown(p.dir, p.as)
}
