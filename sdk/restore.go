package sdk

import (
	"errors"
	"io"

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

// receiveParts collects a state, and its size in bytes.
func receiveParts(stream grpc.ServerStream) (parts [][]byte, size int, err error) {
	var raw wire.Raw
	defer raw.Free()
	for {
		if err := stream.RecvMsg(&raw); errors.Is(err, io.EOF) {
			return parts, size, nil
		} else if err != nil {
			return nil, 0, err
		}
		p, err := readPiece(raw.Bytes())
		newest := len(parts) - 1
		switch {
		case err != nil:
			return nil, 0, status.Errorf(codes.InvalidArgument, "read a piece of a state: %v", err)
		case p.part == uint64(newest+1):
			parts, newest = append(parts, make([]byte, 0, min(p.size, mostAhead))), newest+1
		case newest < 0 || p.part != uint64(newest):
			return nil, 0, status.Errorf(codes.InvalidArgument, "part %d of a state follows part %d", p.part, newest)
		}
		parts[newest] = append(parts[newest], p.data...)
		size += len(p.data)
	}
}
