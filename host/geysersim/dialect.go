package geysersim

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Dialect is a family of servers: they differ in what they say when something is wrong, and in how they replay.
type Dialect int

// Dialects.
const (
	// Yellowstone is the original server.
	Yellowstone Dialect = iota
	// Richat replays only on the first filter or a change of level, at processed, without blocks, and from a slot that exists; it
	// ignores fields that it does not know (cuckoo, token_accounts), which widens the filter; it pings each 15 s.
	Richat
	// Shyft is Yellowstone behind a provider's own gate in front of opens and connections.
	Shyft
	// LaserStream ends streams that cannot keep up with DATA_LOSS.
	LaserStream
)

// dialectNames in scripts and flags.
var dialectNames = map[string]Dialect{"yellowstone": Yellowstone, "richat": Richat, "shyft": Shyft, "laserstream": LaserStream}

// ParseDialect reads a dialect's name: yellowstone, richat, shyft or laserstream.
func ParseDialect(name string) (Dialect, error) {
	d, ok := dialectNames[name]
	if !ok {
		return 0, fmt.Errorf("unknown dialect %q: choose yellowstone, richat, shyft or laserstream", name)
	}
	return d, nil
}

func (d Dialect) String() string {
	for name, known := range dialectNames {
		if known == d {
			return name
		}
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

func (d Dialect) pingEvery() time.Duration {
	if d == Richat || d == LaserStream {
		return 15 * time.Second
	}
	return 10 * time.Second
}

// blockhashLife is for how many blocks a blockhash stays valid at most, as servers add it to the height.
func (d Dialect) blockhashLife() uint64 {
	if d == Richat {
		return 150
	}
	return 300
}

// tooManyOpens answers an open above the bound of a window.
func (d Dialect) tooManyOpens() error {
	if d == Shyft {
		return status.Error(codes.ResourceExhausted, "Max subscriptions reached")
	}
	return status.Error(codes.ResourceExhausted, "rate limit exceeded")
}

// tooManyStreams answers an open above the number of streams.
func (d Dialect) tooManyStreams() error {
	if d == Shyft {
		return status.Error(codes.PermissionDenied, "Maximum connection count reached")
	}
	return status.Error(codes.ResourceExhausted, "max subscription limit exceeded")
}

// lagged ends a stream that does not keep up.
func (d Dialect) lagged(replaying bool) error {
	switch {
	case d == Richat:
		return status.Error(codes.DataLoss, "lagged")
	case d == LaserStream:
		return status.Error(codes.DataLoss, "Client could not keep up with the stream")
	case replaying:
		return status.Error(codes.Internal, "lagged to receive geyser messages")
	default:
		return status.Error(codes.Internal, "lagged to send an update")
	}
}

// closing ends streams when the server goes away.
func (d Dialect) closing() error {
	if d == Richat {
		return status.Error(codes.Internal, "shutdown")
	}
	return status.Error(codes.Unavailable, "server is shutting down try again later")
}
