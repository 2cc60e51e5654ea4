package geyser

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestClassOfEachRow holds one row for each row of the tables of the facts on Yellowstone that name an end of a stream: what servers and
// providers say when they open, filter, replay, overflow and shut down, and the classes of status codes. The name of a row is its place
// there.
func TestClassOfEachRow(t *testing.T) {
	const filter = "failed to create filter: "
	replay, minute, leak := 2*time.Second, time.Minute, 5*time.Minute
	for _, c := range []struct {
		name  string
		code  codes.Code
		text  string
		class Class
		wait  time.Duration
	}{
		{"1.1 concurrency cap", codes.ResourceExhausted, "max subscription limit exceeded", Slow, minute},
		{"1.1 method rate limit", codes.ResourceExhausted, "rate limit exceeded", Slow, minute},
		{"1.1 invalid filter", codes.InvalidArgument, filter + "x", Fatal, 0},
		{"1.1 invalid deshred filter", codes.InvalidArgument, "failed to create deshred filter: x", Fatal, 0},
		{"1.3 filters", codes.InvalidArgument, filter + "Max amount of filters/data_slices reached, only 1 allowed", Fatal, 0},
		{"1.3 pubkeys", codes.InvalidArgument, filter + "Max amount of Pubkeys reached, only 10 allowed", Fatal, 0},
		{"1.3 any", codes.InvalidArgument, filter + "Subscribe on full stream with `any` is not allowed, at least one filter required", Fatal, 0},
		{"1.3 refused pubkey", codes.InvalidArgument, filter + "Pubkey X in filters is not allowed", Fatal, 0},
		{"1.3 filter name", codes.InvalidArgument, filter + "oversized filter name (max allowed size 128), found 200", Fatal, 0},
		{"1.3 include", codes.InvalidArgument, filter + "`include_accounts` is not allowed", Fatal, 0},
		{"1.3 too many account filters", codes.InvalidArgument, filter + "Too many filters provided; max 4", Fatal, 0},
		{"1.3 commitment", codes.InvalidArgument, filter + "failed to create CommitmentLevel from 9", Fatal, 0},
		{"1.3 token_accounts", codes.InvalidArgument, filter + "invalid token_accounts mode value 9; expected ALL (0) or BALANCE_CHANGED (1)", Fatal, 0},
		{"1.5 replay disabled", codes.Internal, "from_slot is not supported", NoReplay, 0},
		{"1.5 older than the store", codes.OutOfRange, "broadcast from 12 is not available, last available: 400", Newer, 0},
		{"1.5 older than the store, older servers", codes.Internal, "replay from 12 is not available", Newer, 0},
		{"1.5 nothing to replay", codes.Internal, "failed to get replay response", Older, replay},
		{"1.5 replay loop gone", codes.Internal, "failed to send from_slot request", Retry, 0},
		{"1.5 Richat position", codes.InvalidArgument, "failed to get replay position for slot 7", Older, replay},
		{"1.5 Richat commitment", codes.InvalidArgument, "replay `from_slot` available only for `processed` commitment", NoReplay, 0},
		{"1.5 Richat blocks", codes.InvalidArgument, "blocks are not possible to replay", NoReplay, 0},
		{"1.5 Richat lagged", codes.DataLoss, "lagged", Lagged, 0},
		{"1.5 Richat closed", codes.DataLoss, "closed", Lagged, 0},
		{"1.5 Richat shutdown", codes.Internal, "shutdown", Retry, 0},
		{"1.5 Richat queue full", codes.ResourceExhausted, "queue is full", Slow, minute},
		{"1.6 client queue full", codes.Internal, "lagged to send an update", Lagged, 0},
		{"1.6 ring overrun", codes.Internal, "lagged to receive geyser messages", Lagged, 0},
		{"1.6 ring overrun of deshred", codes.Internal, "lagged to receive deshred messages", Lagged, 0},
		{"1.6 shutdown of an open stream", codes.Unavailable, "server is shutting down try again later", Retry, 0},
		{"1.6 shutdown of a new stream", codes.Unavailable, "server is shutting down", Retry, 0},
		{"1.6 shutdown during snapshot", codes.Internal, "server is shutting down try again later", Retry, 0},
		{"1.6 token", codes.Unauthenticated, "No valid auth token", Refused, 0},
		{"1.6 LaserStream overflow", codes.DataLoss, "Client could not keep up with the stream", Lagged, 0},
		{"1.7 method disabled", codes.Unimplemented, "method disabled", Fatal, 0},
		{"1.8 our own message limit", codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)", Fatal, 0},
		{"1.8 compressed request without a codec", codes.Unimplemented, "grpc: Decompressor is not installed for grpc-encoding \"zstd\"", Fatal, 0},
		{"1.9 UNAVAILABLE", codes.Unavailable, "connection reset by peer", Retry, 0},
		{"1.9 ABORTED", codes.Aborted, "x", Retry, 0},
		{"1.9 CANCELLED by the peer", codes.Canceled, "x", Retry, 0},
		{"1.9 UNKNOWN", codes.Unknown, "x", Retry, 0},
		{"1.9 DEADLINE_EXCEEDED", codes.DeadlineExceeded, "x", Retry, 0},
		{"1.9 INTERNAL, any other", codes.Internal, "stream terminated by RST_STREAM with error code: INTERNAL_ERROR", Retry, 0},
		{"1.9 RESOURCE_EXHAUSTED of the server", codes.ResourceExhausted, "x", Slow, minute},
		{"1.9 connection count", codes.PermissionDenied, "Maximum connection count reached", Slow, leak},
		{"1.9 PERMISSION_DENIED, any other", codes.PermissionDenied, "x", Fatal, 0},
		{"1.9 INVALID_ARGUMENT, any other", codes.InvalidArgument, "x", Fatal, 0},
		{"1.9 NOT_FOUND", codes.NotFound, "x", Fatal, 0},
		{"1.9 FAILED_PRECONDITION", codes.FailedPrecondition, "x", Fatal, 0},
		{"1.9 OUT_OF_RANGE, any text", codes.OutOfRange, "x", Newer, 0},
		{"4 Shyft subscriptions", codes.ResourceExhausted, "Max subscriptions reached", Slow, minute},
		{"4 Triton's balancer", codes.Unavailable, "unexpected HTTP status code received from server: 429 (Too Many Requests)", Slow, minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := newError(Endpoint{Name: "n"}, status.Error(c.code, c.text))
			if err.Class != c.class || err.Wait != c.wait {
				t.Errorf("class %v, wait %v; want %v, %v", err.Class, err.Wait, c.class, c.wait)
			}
		})
	}
	t.Run("1.9 clean end", func(t *testing.T) {
		if err := newError(Endpoint{}, io.EOF); err.Class != Retry || !errors.Is(err, ErrEnded) {
			t.Errorf("class %v of %v", err.Class, err)
		}
	})
	t.Run("1.9 no status at all", func(t *testing.T) {
		if err := newError(Endpoint{}, context.DeadlineExceeded); err.Class != Retry {
			t.Errorf("class %v", err.Class)
		}
	})
}
