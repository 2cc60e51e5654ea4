// Package weirtest runs a monitor in a test as the host would: over the real protocol, on a connection in memory, with
// checkpoints, crashes and replays. Records go in, outputs come out.
package weirtest
