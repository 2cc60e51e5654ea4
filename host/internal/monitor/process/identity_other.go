//go:build !linux

package process

import (
	"os"
	"time"
)

// identity is not known on this system: programs are hashed before each start.
type identity struct{}

func identify(*os.File) (identity, bool) { return identity{}, false }

func (identity) changed() time.Time { return time.Now() }
