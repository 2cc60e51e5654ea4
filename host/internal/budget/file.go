package budget

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// File returns the name of the file in dir that counts the opens of a token. The token cannot be got back from the name.
func File(dir, token string) string {
	sum := sha256.Sum256([]byte("weir opens " + token))
	return filepath.Join(dir, "opens-"+hex.EncodeToString(sum[:8]))
}

// damagedError is a file whose content is not ours.
type damagedError struct {
	path string
	line int
}

func (e *damagedError) Error() string {
	return fmt.Sprintf("%s:%d: want Unix nanoseconds; delete the file if no stream was opened in the last minute", e.path, e.line)
}

// load reads one time a line. A time in the future, from a clock that was set back since, counts from now. All get the monotonic part of now,
// so that a clock that is set from here on changes nothing.
func load(path string, now time.Time) ([]time.Time, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var opens []time.Time
	for line := range strings.Lines(string(text)) {
		nanos, err := strconv.ParseInt(strings.TrimSuffix(line, "\n"), 10, 64)
		if err != nil || nanos <= 0 || !strings.HasSuffix(line, "\n") {
			return nil, &damagedError{path, len(opens) + 1}
		}
		at := time.Unix(0, nanos)
		if at.After(now) {
			at = now
		}
		opens = append(opens, now.Add(at.Sub(now)))
	}
	slices.SortFunc(opens, time.Time.Compare)
	return opens, nil
}

// save replaces the file at once: a crash leaves the old or the new one. It is synced, as a machine can be back within the window. Times are
// told as the wall clock of now has them, which may have been set since.
func save(path string, opens []time.Time, now time.Time) error {
	var text []byte
	for _, at := range opens {
		text = append(strconv.AppendInt(text, now.UnixNano()-int64(now.Sub(at)), 10), '\n')
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
