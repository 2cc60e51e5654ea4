package rpc

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gagliardetto/solana-go/rpc/jsonrpc"
)

func TestWhatPasses(t *testing.T) {
	coded := func(code int) error { return &jsonrpc.RPCError{Code: code, Message: "x"} }
	status := func(code int) error { return &jsonrpc.HTTPError{Code: code} }
	for name, c := range map[string]struct {
		err           error
		again, nobody bool
	}{
		"no error":             {nil, false, false},
		"unhealthy":            {coded(CodeUnhealthy), true, false},
		"too many":             {coded(CodeTooMany), true, false},
		"skipped":              {coded(CodeSkipped), false, true},
		"skipped long ago":     {fmt.Errorf("get: %w", coded(CodeSkippedOld)), false, true},
		"wrong parameters":     {coded(-32602), false, false},
		"cut connection":       {io.ErrUnexpectedEOF, true, false},
		"HTTP 503":             {status(http.StatusServiceUnavailable), true, false},
		"HTTP 403":             {status(http.StatusForbidden), false, false},
		"an impossible answer": {fmt.Errorf("%w: two of one", ErrAnswer), false, false},
	} {
		if got := passes(c.err); got != c.again || Skipped(c.err) != c.nobody {
			t.Errorf("%s: again %v, skipped %v", name, got, Skipped(c.err))
		}
	}
}

func TestErrorsDoNotHoldTheURL(t *testing.T) {
	n, err := New(Config{URL: "https://node.example/secret"})
	if err != nil {
		t.Fatal(err)
	}
	if got := n.plain(errors.New("post https://node.example/secret: refused")).Error(); got != "post node.example: refused" {
		t.Error(got)
	}
	for _, bad := range []string{"", "ws://node.example", "https://", "::"} {
		if _, err := New(Config{URL: bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
