package weirtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/sdk"
)

// maxCrashes bounds how many places Replays crashes at; with more records it spreads them out.
const maxCrashes = 200

// Replays shows that a monitor keeps the promise of sdk.Strict over these records: the same records give the same outputs
// and the same state when they are sent again, in batches of 1, 7 and 64, and when the monitor crashes after any one of
// them, with and without a checkpoint before.
func Replays(t *testing.T, newMonitor func(*sdk.Host) sdk.Monitor, records []*sdk.Record, opts ...Option) {
	t.Helper()
	run := func(t *testing.T, batch int, feed func(*Harness)) ([]*sdk.Output, []byte) {
		t.Helper()
		h := Start(t, newMonitor, append(slices.Clip(opts), BatchSize(batch))...)
		feed(h)
		state := h.WholeState()
		h.process.kill()
		return h.Outputs(), state
	}
	all := func(h *Harness) { h.Send(records...) }
	outputs, state := run(t, 64, all)

	for _, batch := range []int{1, 7, 64} {
		t.Run(fmt.Sprintf("batches of %d", batch), func(t *testing.T) {
			again, stateAgain := run(t, batch, all)
			same(t, outputs, again, state, stateAgain)
		})
	}
	t.Run("crashes", func(t *testing.T) {
		step := len(records)/maxCrashes + 1
		for at := 1; at <= len(records); at += step {
			// The checkpoints lie anywhere before the crash, at the same places in every run of the test; at 0 there is none.
			random := rand.New(rand.NewPCG(1, uint64(at)))
			saved := random.IntN(at + 1)
			first, between := random.IntN(saved+1), random.IntN(at-saved+1)
			again, stateAgain := run(t, 1+at%7, func(h *Harness) {
				h.Send(records[:first]...)
				if first > 0 {
					h.Checkpoint()
				}
				h.Send(records[first:saved]...)
				if saved > 0 {
					h.Checkpoint()
				}
				h.Send(records[saved : saved+between]...)
				h.Crash() // once more, for what a restored monitor saves
				if saved > 0 {
					h.Checkpoint()
				}
				h.Send(records[saved+between : at]...)
				h.Crash()
				h.Send(records[at:]...)
			})
			if same(t, outputs, again, state, stateAgain); t.Failed() {
				t.Fatalf("weirtest: the monitor crashed after record %d; its last checkpoint was after record %d", at, saved)
			}
		}
	})
}

// same compares two runs over the same records.
func same(t *testing.T, outputs, again []*sdk.Output, state, stateAgain []byte) {
	t.Helper()
	for i := range min(len(outputs), len(again)) {
		if !proto.Equal(outputs[i], again[i]) {
			t.Errorf("weirtest: output %d differs between runs\nfirst: %v\nlater: %v", i, outputs[i], again[i])
			return
		}
	}
	if len(outputs) != len(again) {
		t.Errorf("weirtest: %d outputs, in another run %d", len(outputs), len(again))
	}
	if !bytes.Equal(state, stateAgain) {
		t.Errorf("weirtest: the state after the last record differs between runs: %d bytes %s, later %d bytes %s",
			len(state), excerpt(state), len(stateAgain), excerpt(stateAgain))
	}
}

// excerpt shows the beginning of a state; most states are JSON.
func excerpt(state []byte) string { return fmt.Sprintf("%.200q", state) }
