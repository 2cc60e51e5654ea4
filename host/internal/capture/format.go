package capture

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
)

// Format is the version of the layout that this package writes and reads.
const Format = 1

// Suffix is how names of captures end.
const Suffix = ".weircap"

// Header says what a capture is of.
type Header struct {
	// Format is the version of the layout.
	Format int `json:"format"`
	// Weir is the version of the program that wrote it.
	Weir string `json:"weir,omitempty"`
	// Part counts the files of one recording, from 0.
	Part int `json:"part"`
	// Started is when the recording began.
	Started time.Time `json:"started"`
	// Endpoint is the name of the provider, never its URL or token.
	Endpoint string `json:"endpoint,omitempty"`
	// Commitment of the stream: processed, confirmed or finalized.
	Commitment string `json:"commitment"`
	// Programs are the addresses of the stream's filter; none means all transactions.
	Programs []string `json:"programs,omitempty"`
	// Failed says that failed transactions were asked for too.
	Failed bool `json:"failed,omitempty"`
}

var (
	magic     = []byte("WEIRCAP\n")
	frameMark = []byte("WCFR")
	castagno  = crc32.MakeTable(crc32.Castagnoli)
)

const (
	fileHeadSize  = 8 + 4 + 4
	frameHeadSize = 4 + 4 + 4 + 4 + 8 + 4 + 4
	maxHeader     = 1 << 20
	// maxPlain bounds a frame: it is closed by the update that makes it large enough.
	maxPlain = geyser.MaxMessageBytes + frameBytes + 64
	// maxPacked is above what incompressible content takes.
	maxPacked = maxPlain + maxPlain/128 + 1024
)

// ErrNotCapture means that a file is no capture.
var ErrNotCapture = errors.New("not a capture")

func appendHeader(dst []byte, h Header) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(text, castagno))
	return append(dst, text...), nil
}

// headerSize reads the fixed start of a file and returns the length of the JSON and its sum.
func headerSize(b []byte) (int, uint32, error) {
	if len(b) < fileHeadSize || string(b[:8]) != string(magic) {
		return 0, 0, fmt.Errorf("%w: it does not begin as one", ErrNotCapture)
	}
	n := binary.LittleEndian.Uint32(b[8:])
	if n > maxHeader {
		return 0, 0, fmt.Errorf("%w: its header says that it has %d bytes", ErrNotCapture, n)
	}
	return int(n), binary.LittleEndian.Uint32(b[12:]), nil
}

func readHeader(text []byte, sum uint32) (h Header, err error) {
	if crc32.Checksum(text, castagno) != sum {
		return h, fmt.Errorf("%w: its header is damaged", ErrNotCapture)
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("%w: read header: %w", ErrNotCapture, err)
	}
	if h.Format != Format {
		return h, fmt.Errorf("capture has format %d, this program reads %d: use a newer weir", h.Format, Format)
	}
	return h, nil
}

// frameHead is the fixed start of a frame.
type frameHead struct {
	packed, plain, updates uint32
	first                  int64
	sum                    uint32 // of the packed content
}

func (f frameHead) append(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, frameMark...)
	dst = binary.LittleEndian.AppendUint32(dst, f.packed)
	dst = binary.LittleEndian.AppendUint32(dst, f.plain)
	dst = binary.LittleEndian.AppendUint32(dst, f.updates)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(f.first))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], castagno))
	return binary.LittleEndian.AppendUint32(dst, f.sum)
}

// readFrameHead reads the start of a frame; false when it is none.
func readFrameHead(b []byte) (frameHead, bool) {
	if len(b) < frameHeadSize || string(b[:4]) != string(frameMark) || crc32.Checksum(b[:24], castagno) != binary.LittleEndian.Uint32(b[24:]) {
		return frameHead{}, false
	}
	f := frameHead{
		packed: binary.LittleEndian.Uint32(b[4:]), plain: binary.LittleEndian.Uint32(b[8:]), updates: binary.LittleEndian.Uint32(b[12:]),
		first: int64(binary.LittleEndian.Uint64(b[16:])), sum: binary.LittleEndian.Uint32(b[28:]),
	}
	return f, f.packed <= maxPacked && f.plain <= maxPlain
}
