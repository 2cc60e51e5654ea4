package backfill

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/rpcsim"
)

// rpcNode is an RPC node over blocks of a market that can serve in process.
type rpcNode struct{ *rpcsim.Node }

func newRPCNode(t *testing.T, blocks, size int) *rpcNode {
	t.Helper()
	m := market.New(market.Options{Seed: 11, TransactionsPerSlot: size, SkippedSlots: 0.2})
	n := &rpcNode{rpcsim.New()}
	for range blocks {
		b, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n.Add(b)
	}
	return n
}

// RoundTrip serves in process, so that tests of time need no sockets.
func (n *rpcNode) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w.Result(), nil
}
