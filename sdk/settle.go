package sdk

import (
	"runtime/debug"
	"sync"
	"time"
)

const (
	// settleAfter is how long a monitor that was restored has for what came meanwhile, before the rest of its state is read.
	settleAfter = 2 * time.Second
	// settleValues are read at once, in which time no record is handled, settlePause apart.
	settleValues, settlePause = 128, time.Millisecond
	// restoreGC is GOGC until a restored state is settled.
	restoreGC = 1000
)

// settle begins to read what is left of a restored state, between the frames. stop ends that and waits.
func (w *work) settle() (stop func()) {
	if w.settled == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		defer w.calm()
		for pause := time.NewTimer(settleAfter); ; pause.Reset(settlePause) {
			select {
			case <-ended:
				return
			case <-pause.C:
			}
			if !w.settleSome() {
				return
			}
		}
	})
	return func() {
		close(ended)
		reader.Wait()
	}
}

func (w *work) settleSome() (more bool) {
	w.busy <- struct{}{}
	defer func() { <-w.busy }()
	state, ok := w.monitor.State.(Settling)
	return ok && state.Settle(settleValues)
}

// calm has the collector work as usual again, once.
func (w *work) calm() {
	if w.settled != nil {
		w.settled()
	}
}

// The collector is the process's, and a test has several monitors in one.
var collector struct {
	sync.Mutex
	rare  int // who wants it to work rarely
	usual int // GOGC when there is nobody
}

// collectRarely lets garbage grow until usual is called, which may be more than once: the heap grows from nothing to all of a state, and
// collecting it at each doubling, and once more when records come, is a good part of what restoring costs. GOMEMLIMIT, which the host
// sets, still holds.
func collectRarely() (usual func()) {
	collector.Lock()
	defer collector.Unlock()
	if collector.rare++; collector.rare == 1 {
		collector.usual = debug.SetGCPercent(restoreGC)
	}
	return sync.OnceFunc(func() {
		collector.Lock()
		defer collector.Unlock()
		if collector.rare--; collector.rare == 0 {
			debug.SetGCPercent(collector.usual)
		}
	})
}
