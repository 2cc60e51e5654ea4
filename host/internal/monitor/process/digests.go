package process

import (
	"os"
	"sync"
	"time"
)

// Digests remembers the digests of programs, so that one which crashed starts without being read as a whole first: that is a tenth of a
// second, of one second that a plugin may take from crash to live. The zero value and nil remember nothing yet, and never anything. All
// methods may be called concurrently.
type Digests struct {
	mu    sync.Mutex
	known map[string]hashed // by path
}

// hashed is a file as it was, and its digest then.
type hashed struct {
	file   identity
	digest string
}

// quiet is for how long a file must not have changed before it was hashed: a change within the same tick of the kernel's clock as the one
// before would not show.
const quiet = 2 * time.Second

// of returns the digest of the file at a path that is open, when it is the one that was hashed and nothing was written to it since.
func (d *Digests) of(path string, file *os.File) (digest string, ok bool) {
	if d == nil {
		return "", false
	}
	now, ok := identify(file)
	d.mu.Lock()
	defer d.mu.Unlock()
	known, had := d.known[path]
	return known.digest, ok && had && known.file == now
}

// keep remembers what was hashed from a time on. before is what the file was then.
func (d *Digests) keep(path string, file *os.File, before identity, began time.Time, digest string) {
	after, ok := identify(file)
	if d == nil || !ok || after != before || began.Sub(before.changed()) < quiet {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = map[string]hashed{}
	}
	d.known[path] = hashed{after, digest}
}
