package process

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer makes sure that the process which listens on the socket is the one that was started.
func checkPeer(conn net.Conn, pid int) error {
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
		return fmt.Errorf("process %d answers on the socket of process %d: a script must end with exec, so that the plugin takes its place", peer.Pid, pid)
	case int(peer.Uid) != os.Geteuid():
		return fmt.Errorf("user %d answers on the socket of user %d", peer.Uid, os.Geteuid())
	}
	return nil
}
