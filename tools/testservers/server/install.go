package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func canInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && syscall.Geteuid() == 0
}

// install brings Debian's packages. No server is started by that, and no database cluster is created: the packages would do
// both, and a machine that runs tests has not asked for either.
//
// It is not interrupted half-way, because that would leave the machine's packages in disorder.
func install(ctx context.Context, packages ...string) (failed error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
	defer cancel()

	var undos []func() error
	defer func() {
		for _, undo := range undos {
			failed = errors.Join(failed, undo())
		}
	}()
	for _, rule := range []struct {
		path, text string
		mode       fs.FileMode
	}{
		{"/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755},
		{"/etc/postgresql-common/createcluster.d/marquee-tests.conf", "create_main_cluster = off\n", 0o644},
	} {
		undo, err := hinder(rule.path, rule.text, rule.mode)
		if err != nil {
			return err
		}
		undos = append(undos, undo)
	}

	for _, step := range [][]string{
		{"update"},
		append([]string{"install", "--yes", "--no-install-recommends"}, packages...),
	} {
		cmd := exec.CommandContext(ctx, "apt-get", append([]string{"--quiet", "--option", "DPkg::Lock::Timeout=300"}, step...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the tests need the packages %s, and apt-get %s fails: %w: %s", strings.Join(packages, ", "), step[0], err, tail(string(out)))
		}
	}
	return nil
}

// hinder writes a file that keeps packages from something, unless there is one: that is the machine's own rule. The
// returned function removes what was made.
func hinder(path, text string, mode fs.FileMode) (undo func() error, err error) {
	undo = func() error { return nil }
	made, err := makeFolder(filepath.Dir(path))
	if err != nil {
		return undo, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		return undo, nil
	}
	if err != nil {
		return undo, err
	}
	undo = func() error {
		err := os.Remove(path)
		for _, dir := range made {
			_ = os.Remove(dir) // a package may have put something there
		}
		return err
	}
	_, err = f.WriteString(text)
	// The mode once more: the umask may have taken from it.
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return undo, errors.Join(err, undo())
	}
	return undo, nil
}

// makeFolder returns the folders that it had to make, the deepest first.
func makeFolder(dir string) (made []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o755)
}
