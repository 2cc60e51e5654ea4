//go:build !unix

package weirtest

import "time"

// cpuTime is not known here.
func cpuTime() (time.Duration, error) { return 0, nil }
