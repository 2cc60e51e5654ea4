// Package geysersim is a Yellowstone-compatible server: it takes blocks from a Source (a corpus of real transactions, a capture, a
// generated market) and serves them over the real protocol, in process or on a port, with the faults of real providers on demand.
//
// It is written from the observed behaviour of Yellowstone servers; docs/operating.md says what is imitated.
package geysersim
