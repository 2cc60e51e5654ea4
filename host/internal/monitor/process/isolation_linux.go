package process

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// oomScore makes the kernel end a plugin before the host when the machine runs out of memory. The range is -1000 to 1000.
const oomScore = 500

// renouncePrivileges keeps what this thread starts from gaining rights by a set-user-ID program. It cannot be undone: only a thread
// that ends with its process may call it. Threads that Go starts meanwhile do not inherit it: from a locked thread, Go has a clean
// one start them.
func renouncePrivileges() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce new privileges: %w", err)
	}
	return nil
}

// bound sets what the kernel bounds for one process. It comes right after exec, before the program has done anything much: Go has no
// way to set a limit between fork and exec. There is no bound on the address space, of which Go's runtime reserves far more than it
// uses, and none on the user's processes, which would count those of others too.
func bound(pid int, limits Limits) error {
	none := unix.Rlimit{}
	if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &none, nil); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	if limits.Files > 0 {
		files := unix.Rlimit{Cur: uint64(limits.Files), Max: uint64(limits.Files)}
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &files, nil); err != nil {
			return fmt.Errorf("limit open files to %d: %w", limits.Files, err)
		}
	}
	path := "/proc/" + strconv.Itoa(pid) + "/oom_score_adj"
	if err := os.WriteFile(path, []byte(strconv.Itoa(oomScore)), 0); err != nil {
		return fmt.Errorf("make it the first to go when memory is short: %w", err)
	}
	return nil
}
