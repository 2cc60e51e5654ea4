// Package ask answers a monitor's questions on a socket of its own, as of the record that it handles, so that a replay gets the same answers
// (decision 0007). It also takes its log lines and metrics.
package ask
