package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// Damage says what could not be read.
type Damage struct {
	// Bytes were skipped, at Places places. Tail is true when the last of them is the end of the file, as a crash of the recorder
	// leaves it.
	Bytes  int64
	Places int
	Tail   bool
	// Reason is what was wrong first.
	Reason string
}

// Reader reads a capture. One goroutine at a time.
type Reader struct {
	source io.ReaderAt
	closer io.Closer
	size   int64
	at     int64 // next byte to read
	header Header
	unpack *zstd.Decoder
	damage Damage

	packed, plain []byte
	rest          []byte // of plain
	left          uint32 // updates in it
	clock         int64
}

// Open opens a capture. ErrNotCapture says that the file is none.
func Open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open capture: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		var r *Reader
		if r, err = NewReader(file, info.Size()); err == nil {
			r.closer = file
			return r, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("open capture %s: %w", path, err), file.Close())
}

// Is tells whether a file begins as a capture does.
func Is(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // nothing was written
	var head [8]byte
	_, err = io.ReadFull(file, head[:])
	return err == nil && bytes.Equal(head[:], magic)
}

// NewReader reads a capture of size bytes.
func NewReader(source io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{source: source, size: size}
	head, err := r.read(nil, 0, min(fileHeadSize, size))
	if err != nil {
		return nil, err
	}
	n, sum, err := headerSize(head)
	if err != nil {
		return nil, err
	}
	if int64(n) > size-fileHeadSize {
		return nil, fmt.Errorf("%w: it ends within its header", ErrNotCapture)
	}
	text, err := r.read(nil, fileHeadSize, int64(n))
	if err != nil {
		return nil, err
	}
	if r.header, err = readHeader(text, sum); err != nil {
		return nil, err
	}
	r.at = fileHeadSize + int64(n)
	r.unpack, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPlain+1))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return r, nil
}

// Header says what the capture is of.
func (r *Reader) Header() Header { return r.header }

// Damage returns what has been skipped so far; after io.EOF all of it.
func (r *Reader) Damage() Damage { return r.damage }

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	r.unpack.Close()
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Next returns the next update and when it was received, in Unix nanoseconds. raw is valid until the next call. It returns io.EOF after
// the last update that can be read; other errors are those of reading the file.
func (r *Reader) Next() (received int64, raw []byte, err error) {
	for {
		if r.left > 0 {
			if raw, ok := r.update(); ok {
				return r.clock, raw, nil
			}
			r.skipped(int64(len(r.rest)), "a frame holds something else than it says")
			r.left, r.rest = 0, nil
		}
		if r.at >= r.size {
			return 0, nil, io.EOF
		}
		if err := r.frame(); err != nil {
			return 0, nil, err
		}
	}
}

// update takes the next update off the frame.
func (r *Reader) update() ([]byte, bool) {
	n, used := binary.Uvarint(r.rest)
	if used <= 0 {
		return nil, false
	}
	delta, more := binary.Varint(r.rest[used:])
	if more <= 0 || n > uint64(len(r.rest)-used-more) {
		return nil, false
	}
	raw := r.rest[used+more:][:n:n]
	r.rest = r.rest[used+more+int(n):]
	r.clock += delta
	r.left--
	return raw, true
}

// frame reads the next frame, or skips what is none.
func (r *Reader) frame() error {
	head, reason, err := r.frameAt(r.at)
	if err != nil {
		return err
	}
	if reason == "" {
		r.at += frameHeadSize + int64(head.packed)
		r.rest, r.left, r.clock = r.plain, head.updates, head.first
		return nil
	}
	next, err := r.search(r.at + 1)
	if err != nil {
		return err
	}
	r.skipped(next-r.at, reason)
	r.damage.Tail = next == r.size
	r.at = next
	return nil
}

func (r *Reader) skipped(n int64, reason string) {
	r.damage.Bytes += n
	r.damage.Places++
	if r.damage.Reason == "" {
		r.damage.Reason = reason
	}
}

// frameAt reads the frame at a place into r.plain; the reason is empty when it is whole.
func (r *Reader) frameAt(at int64) (head frameHead, reason string, err error) {
	b, err := r.read(r.packed[:0], at, min(frameHeadSize, r.size-at))
	if err != nil {
		return head, "", err
	}
	head, ok := readFrameHead(b)
	switch {
	case len(b) < frameHeadSize:
		return head, "the file ends within a frame", nil
	case !ok:
		return head, "no frame where one should begin", nil
	case int64(head.packed) > r.size-at-frameHeadSize:
		return head, "the file ends within a frame", nil
	}
	if r.packed, err = r.read(b[:0], at+frameHeadSize, int64(head.packed)); err != nil {
		return head, "", err
	}
	if crc32.Checksum(r.packed, castagno) != head.sum {
		return head, "a frame is damaged", nil
	}
	r.plain, err = r.unpack.DecodeAll(r.packed, r.plain[:0])
	if err != nil || len(r.plain) != int(head.plain) {
		return head, "a frame cannot be unpacked", nil //nolint:nilerr // damage is told by the reason, and reading goes on behind it
	}
	return head, "", nil
}

// searchStep is how much is looked at in one go for the next frame.
const searchStep = 1 << 20

// search finds the next frame head from a place on, the end of the file when there is none.
func (r *Reader) search(from int64) (int64, error) {
	var window []byte
	for at := from; at < r.size; at += searchStep {
		// The windows overlap by a head less one byte, so that none is cut.
		b, err := r.read(window[:0], at, min(searchStep+frameHeadSize-1, r.size-at))
		if err != nil {
			return 0, err
		}
		window = b
		for i := 0; ; i++ {
			next := bytes.Index(b[i:], frameMark)
			if next < 0 {
				break
			}
			i += next
			if _, ok := readFrameHead(b[i:]); ok {
				return at + int64(i), nil
			}
		}
	}
	return r.size, nil
}

// read appends n bytes from a place to dst.
func (r *Reader) read(dst []byte, at, n int64) ([]byte, error) {
	from := len(dst)
	if need := from + int(n); cap(dst) < need {
		dst = append(make([]byte, 0, need), dst...)
	}
	dst = dst[:from+int(n)]
	if _, err := r.source.ReadAt(dst[from:], at); err != nil && !errors.Is(err, io.EOF) {
		return dst[:from], fmt.Errorf("read capture: %w", err)
	}
	return dst, nil
}
