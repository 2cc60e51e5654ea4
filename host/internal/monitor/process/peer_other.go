//go:build unix && !linux

package process

import "net"

// checkPeer trusts the folder's mode here.
func checkPeer(net.Conn, int, string) error { return nil }
