// Package process starts a plugin's program, connects to it through go-plugin, and ends it: a path goes in, a connection comes
// out. It fixes what go-plugin leaves open: a log line cannot crash the host, a frozen plugin can be killed, a dead one is noticed
// at once, no child and no socket is left behind, and what a plugin prints is bounded.
package process
