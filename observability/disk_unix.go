//go:build unix

package observability

import "golang.org/x/sys/unix"

// room is how many bytes the disk of a folder has, and how many of them are free for a process without privileges.
func room(folder string) (free, size float64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	block := float64(s.Bsize)
	return float64(s.Bavail) * block, float64(s.Blocks) * block, nil
}
