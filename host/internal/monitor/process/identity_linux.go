package process

import (
	"os"
	"syscall"
	"time"
)

// identity tells a file from any other, and from itself after a write: each write sets ctime, which nobody can set back.
type identity struct {
	device, inode uint64
	size          int64
	written, ctim syscall.Timespec
}

func identify(file *os.File) (identity, bool) {
	info, err := file.Stat()
	if err != nil {
		return identity{}, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, false
	}
	return identity{s.Dev, s.Ino, s.Size, s.Mtim, s.Ctim}, true
}

// changed is when it was last written to, renamed or given other rights.
func (i identity) changed() time.Time { return time.Unix(i.ctim.Unix()) }
