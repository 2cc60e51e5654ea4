package rpc

import (
	"context"
	"strings"
	"testing"

	"github.com/gagliardetto/solana-go/rpc"
)

// However a URL is written, what it holds stays out of errors: Go's client says it in its own spelling.
func TestErrorsHoldNoSecret(t *testing.T) {
	for _, url := range []string{
		"http://127.0.0.1:1/sEcReT",
		"HTTP://127.0.0.1:1/sEcReT",
		"http://127.0.0.1:1/sEcReT^key",
		"http://127.0.0.1:1/sEcReT key/?api-key=sEcReT",
		"http://user:sEcReT@127.0.0.1:1/",
		"http://user:pass@127.0.0.1:1/sEcReT",
		"http://127.0.0.1:1/?api-key=sEcReT#sEcReT",
	} {
		n, err := New(Config{URL: url, Tries: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = n.Try(t.Context(), "get slot", func(ctx context.Context) error {
			_, err := n.Client.GetSlot(ctx, rpc.CommitmentConfirmed)
			return err
		})
		if err == nil || strings.Contains(err.Error(), "sEcReT") || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%s: error %v", url, err)
		}
	}
}
