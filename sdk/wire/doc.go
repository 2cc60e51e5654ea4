// Package wire is what both ends of a monitor's connection must agree on: the go-plugin handshake, the gRPC services behind
// it, message limits, and the codec that lets the hot stream carry bytes instead of messages.
package wire
