package store_test

import (
	"context"
	"testing"
)

// withCancel gives a context that outlives the test function, so that Cleanup ends what runs on it.
func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(context.WithoutCancel(t.Context()))
}
