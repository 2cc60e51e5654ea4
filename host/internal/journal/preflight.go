package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A NATS server that trusts its index reads blocks without their checksums first. When a flipped bit makes a sequence number of
// one huge, it then counts up to it: for hours, taking all memory. So blocks are looked through before it starts, and where a
// number cannot be, the index goes: the server then reads that stream with checksums and drops what is damaged, which inspect and
// readers report.

// sequenceJump is more than compaction leaves between two messages of a block, and soon counted.
const sequenceJump = 1 << 24

// preflight looks through all blocks below a store folder and returns the streams whose index it removed.
func preflight(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return nil, err
	}
	var damaged []string
	for _, file := range files {
		sane, err := saneBlock(file)
		if err != nil {
			return damaged, fmt.Errorf("look through %s: %w", file, err)
		}
		if sane {
			continue
		}
		damaged = append(damaged, file)
		index := filepath.Join(filepath.Dir(file), "index.db")
		if err := os.Remove(index); err != nil && !os.IsNotExist(err) {
			return damaged, err
		}
	}
	return damaged, nil
}

// saneBlock walks the record headers of a block: length with a flag (4 bytes), sequence with two flags (8), time (8), length of the
// subject (2), all little endian. A block that cannot be walked is sane: the server finds that out by itself.
func saneBlock(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	const header, headersFlag, deletedFlag, erasedFlag = 22, 1 << 31, 1 << 62, 1 << 63
	r := bufio.NewReaderSize(f, 4<<10)
	var b [header]byte
	for last := uint64(0); ; {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return true, ignoreEnd(err)
		}
		length := int64(binary.LittleEndian.Uint32(b[:]) &^ headersFlag)
		sequence := binary.LittleEndian.Uint64(b[4:]) &^ erasedFlag
		if sequence&deletedFlag == 0 {
			if last > 0 && sequence > last+sequenceJump {
				return false, nil
			}
			last = max(last, sequence)
		}
		if length <= header {
			return true, nil
		}
		if err := skip(f, r, length-header); err != nil {
			return true, ignoreEnd(err)
		}
	}
}

// skip moves on by n bytes, without reading what the buffer does not hold.
func skip(f io.ReadSeeker, r *bufio.Reader, n int64) error {
	if n <= int64(r.Buffered()) {
		_, err := r.Discard(int(n))
		return err
	}
	_, err := f.Seek(n-int64(r.Buffered()), io.SeekCurrent)
	r.Reset(f)
	return err
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
