package sdk

import (
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/sdk/wire"
)

// Field numbers of RestoreRequest, which is walked by hand: a state goes from pooled memory to where it stays, and is copied once.
const (
	restoreData     = 1
	restorePart     = 2
	restorePartSize = 3
)

// mostAhead bounds the memory that is asked for before what fills it came.
const mostAhead = 256 << 20

// piece is a RestoreRequest. data aliases what was received.
type piece struct {
	data       []byte
	part, size uint64
}

func readPiece(b []byte) (p piece, err error) {
	for len(b) > 0 {
		var num int
		var value uint64
		var data []byte
		if num, value, data, b, err = field(b); err != nil {
			return p, err
		}
		switch num {
		case restoreData:
			p.data = data
		case restorePart:
			p.part = value
		case restorePartSize:
			p.size = value
		}
	}
	return p, nil
}

// arriving are the parts of a state on their way: one is read while the next comes. The caller goes through all, and waits.
type arriving struct {
	parts    chan []byte
	enough   chan struct{}
	receiver sync.WaitGroup
	size     int   // of what came; once parts is closed
	err      error // likewise
}

func receiveParts(stream grpc.ServerStream) *arriving {
	a := &arriving{parts: make(chan []byte, 1), enough: make(chan struct{})}
	a.receiver.Go(func() {
		defer close(a.parts)
		a.err = a.receive(stream)
	})
	return a
}

// all is a Parts.
func (a *arriving) all(yield func([]byte, error) bool) {
	for part := range a.parts {
		if !yield(part, nil) {
			return
		}
	}
	if a.err != nil {
		yield(nil, a.err)
	}
}

// wait ends the receiving, if it goes on, and says how it went.
func (a *arriving) wait() (size int, err error) {
	close(a.enough)
	a.receiver.Wait()
	return a.size, a.err
}

func (a *arriving) receive(stream grpc.ServerStream) error {
	var raw wire.Raw
	defer raw.Free()
	var part []byte
	newest := -1
	for {
		if err := stream.RecvMsg(&raw); errors.Is(err, io.EOF) {
			if newest >= 0 {
				a.hand(part)
			}
			return nil
		} else if err != nil {
			return err
		}
		p, err := readPiece(raw.Bytes())
		switch {
		case err != nil:
			return status.Errorf(codes.InvalidArgument, "read a piece of a state: %v", err)
		case p.part == uint64(newest+1):
			if newest >= 0 && !a.hand(part) {
				return nil
			}
			part, newest = make([]byte, 0, min(p.size, mostAhead)), newest+1
		case newest < 0 || p.part != uint64(newest):
			return status.Errorf(codes.InvalidArgument, "part %d of a state follows part %d", p.part, newest)
		}
		part = append(part, p.data...)
		a.size += len(p.data)
	}
}

// hand gives a part on; false when nobody wants more.
func (a *arriving) hand(part []byte) bool {
	select {
	case a.parts <- part:
		return true
	case <-a.enough:
		return false
	}
}
