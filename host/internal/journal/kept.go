package journal

import (
	"strings"
	"sync"
)

// kept are parts of the newest checkpoints in memory, so that a plugin which crashed gets its state back at once: to read 60 MB from the
// store takes a quarter of a second where a processor is slow. All methods may be called concurrently.
type kept struct {
	limit int

	mu    sync.Mutex
	bytes int
	parts map[string][]byte // by object; nobody changes them
}

func newKept(limit int64) *kept { return &kept{limit: int(limit), parts: map[string][]byte{}} }

// add keeps the data of an object while there is room.
func (k *kept) add(object string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, had := k.parts[object]; had || k.bytes+len(data) > k.limit {
		return
	}
	k.parts[object] = data
	k.bytes += len(data)
}

// get returns the data of an object, nil when it is not kept.
func (k *kept) get(object string) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.parts[object]
}

// only forgets all parts of an instance but these.
func (k *kept) only(instance string, parts []*Part) {
	wanted := make(map[string]bool, len(parts))
	for _, p := range parts {
		wanted[p.Object] = true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for object, data := range k.parts {
		if strings.HasPrefix(object, instance+".") && !wanted[object] {
			delete(k.parts, object)
			k.bytes -= len(data)
		}
	}
}
