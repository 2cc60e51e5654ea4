package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// frameBytes is how much plain content closes a frame: more compresses hardly better, and less is lost with a torn one.
const frameBytes = 1 << 20

// WriterConfig says where a capture goes.
type WriterConfig struct {
	// Path of the file; it must not exist. Further parts get a number before the suffix: x.weircap, x.1.weircap, …
	Path string
	// Header says what is recorded. Format, Part and, when it is zero, Started are filled in.
	Header Header
	// RotateBytes begins a new part when a file has reached it; 0 never does.
	RotateBytes int64
}

// Writer writes a capture. All methods may be called by any goroutine.
type Writer struct {
	config WriterConfig
	packer *zstd.Encoder

	mu      sync.Mutex // over what follows
	file    *os.File
	size    int64
	head    frameHead
	plain   []byte
	last    int64
	out     []byte
	written Written
	err     error // the first; nothing is written after it
}

// Written counts what a Writer has made durable.
type Written struct {
	Updates, Frames uint64
	// Bytes of all files, and of the updates before they were compressed.
	Bytes, Plain uint64
	// Files in order.
	Files []string
}

// Create begins a capture. It fails when the file exists already.
func Create(c WriterConfig) (*Writer, error) {
	c.Header.Format, c.Header.Part = Format, 0
	if c.Header.Started.IsZero() {
		c.Header.Started = time.Now().UTC()
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	w := &Writer{config: c, packer: packer}
	if err := w.begin(); err != nil {
		return nil, err
	}
	return w, nil
}

// Write adds an update that was received at a Unix time in nanoseconds. raw is not kept.
func (w *Writer) Write(received int64, raw []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if w.head.updates == 0 {
		w.head.first, w.last = received, received
	}
	w.plain = binary.AppendUvarint(w.plain, uint64(len(raw)))
	w.plain = binary.AppendVarint(w.plain, received-w.last)
	w.plain = append(w.plain, raw...)
	w.last = received
	w.head.updates++
	if len(w.plain) >= frameBytes {
		return w.flush()
	}
	return nil
}

// Flush makes durable what has been written so far. Call it every second or so: what was not flushed is lost in a crash.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.flush()
}

// Close flushes and closes the file. It may be called more than once.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.err, os.ErrClosed) {
		return nil
	}
	err := w.err
	if err == nil {
		err = w.flush()
	}
	err = errors.Join(err, w.file.Close(), w.packer.Close())
	w.err = fmt.Errorf("write capture: %w", os.ErrClosed)
	return err
}

// Written returns what is durable.
func (w *Writer) Written() Written {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.written
	out.Files = append([]string(nil), out.Files...)
	return out
}

// begin opens the next part.
func (w *Writer) begin() error {
	path := partPath(w.config.Path, w.config.Header.Part)
	head, err := appendHeader(nil, w.config.Header)
	if err != nil {
		return fmt.Errorf("encode capture header: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("create capture: %s exists already: name another file or remove it", path)
	} else if err != nil {
		return fmt.Errorf("create capture: %w", err)
	}
	if _, err = file.Write(head); err == nil {
		err = file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write capture header: %w", err), file.Close())
	}
	w.file, w.size = file, int64(len(head))
	w.written.Bytes += uint64(len(head))
	w.written.Files = append(w.written.Files, path)
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("create capture: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// flush writes the frame at hand, and begins a new part when the file is large enough.
func (w *Writer) flush() error {
	if w.head.updates == 0 {
		return nil
	}
	w.out = w.packer.EncodeAll(w.plain, append(w.out[:0], make([]byte, frameHeadSize)...))
	packed := w.out[frameHeadSize:]
	w.head.packed, w.head.plain, w.head.sum = uint32(len(packed)), uint32(len(w.plain)), crc32.Checksum(packed, castagno)
	w.head.append(w.out[:0])
	if _, err := w.file.Write(w.out); err != nil {
		return w.fail(err)
	}
	if err := w.file.Sync(); err != nil {
		return w.fail(err)
	}
	w.size += int64(len(w.out))
	w.written.Updates += uint64(w.head.updates)
	w.written.Frames++
	w.written.Bytes += uint64(len(w.out))
	w.written.Plain += uint64(len(w.plain))
	w.head, w.plain = frameHead{}, w.plain[:0]
	if w.config.RotateBytes <= 0 || w.size < w.config.RotateBytes {
		return nil
	}
	if err := w.file.Close(); err != nil {
		return w.fail(err)
	}
	w.config.Header.Part++
	if err := w.begin(); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("write capture: %w", err)
	return w.err
}

// partPath names a part of a recording.
func partPath(path string, part int) string {
	if part == 0 {
		return path
	}
	return strings.TrimSuffix(path, Suffix) + "." + strconv.Itoa(part) + Suffix
}

// Parts lists a capture and the further parts that lie beside it, in order.
func Parts(path string) []string {
	out := []string{path}
	for part := 1; Is(partPath(path, part)); part++ {
		out = append(out, partPath(path, part))
	}
	return out
}
