package process

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer makes sure that the process at the other end of the socket is the one that was started. does says in errors what it does there.
func checkPeer(conn net.Conn, pid int, does string) error {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return fmt.Errorf("look at the socket's peer: %w", err)
	}
	var peer *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return fmt.Errorf("look at the socket's peer: %w", err)
	}
	switch {
	case failed != nil:
		return fmt.Errorf("look at the socket's peer: %w", failed)
	case int(peer.Pid) != pid:
		return fmt.Errorf("process %d %s the socket of process %d: a script must end with exec, so that the plugin takes its place", peer.Pid, does, pid)
	case int(peer.Uid) != os.Geteuid():
		return fmt.Errorf("user %d %s the socket of user %d", peer.Uid, does, os.Geteuid())
	}
	return nil
}
