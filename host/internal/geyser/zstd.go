package geyser

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
)

// zstdName is how the compression is called in grpc-encoding headers.
const zstdName = "zstd"

// offerNothing is a name that no server knows. A call can choose among the registered compressions what it offers, but not none of
// them: grpc takes an empty choice for all (seen in v1.85.0, against its documentation). So it gets one that cannot be used.
const offerNothing = "x-none"

// The registry of grpc is process-wide and can only be written at start. What a stream offers to its server is decided per call.
func init() {
	encoding.RegisterCompressor(newZstd())
	encoding.RegisterCompressor(noCompressor{})
}

// noCompressor leaves everything as it is.
type noCompressor struct{}

func (noCompressor) Name() string                                 { return offerNothing }
func (noCompressor) Compress(w io.Writer) (io.WriteCloser, error) { return nopCloser{w}, nil }
func (noCompressor) Decompress(r io.Reader) (io.Reader, error)    { return r, nil }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// zstdCompressor compresses message by message. Any number of goroutines.
type zstdCompressor struct {
	decoder  *zstd.Decoder // used with DecodeAll only, which keeps no state
	encoders sync.Pool
	readers  sync.Pool
}

func newZstd() *zstdCompressor {
	// The memory limit bounds what a small hostile message can blow up to. grpc checks its own limit behind it.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxMessageBytes+1))
	if err != nil {
		panic("geyser: zstd options: " + err.Error())
	}
	return &zstdCompressor{decoder: decoder}
}

// Name implements encoding.Compressor.
func (*zstdCompressor) Name() string { return zstdName }

// Compress implements encoding.Compressor.
func (z *zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) {
	if e, ok := z.encoders.Get().(*zstdWriter); ok {
		e.Reset(w)
		return e, nil
	}
	e, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(128<<10))
	if err != nil {
		return nil, err
	}
	return &zstdWriter{e, z}, nil
}

type zstdWriter struct {
	*zstd.Encoder
	home *zstdCompressor
}

func (w *zstdWriter) Close() error {
	defer w.home.encoders.Put(w)
	return w.Encoder.Close()
}

// Decompress implements encoding.Compressor. It decodes the whole message at once, which for messages of a few KiB is several
// times cheaper than a streaming decoder.
func (z *zstdCompressor) Decompress(r io.Reader) (io.Reader, error) {
	d, ok := z.readers.Get().(*zstdReader)
	if !ok {
		d = &zstdReader{home: z}
	}
	d.packed.Reset()
	if _, err := d.packed.ReadFrom(r); err != nil {
		return nil, err
	}
	plain, err := z.decoder.DecodeAll(d.packed.Bytes(), d.plain[:0])
	if err != nil {
		return nil, err
	}
	d.plain = plain
	d.Reset(plain)
	return d, nil
}

type zstdReader struct {
	bytes.Reader
	packed bytes.Buffer
	plain  []byte
	home   *zstdCompressor
}

// Close gives the buffers back. Those of a single huge message are not kept.
func (r *zstdReader) Close() error {
	if cap(r.plain) <= 1<<20 {
		r.home.readers.Put(r)
	}
	return nil
}
