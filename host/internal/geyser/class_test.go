package geyser

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The texts are those of the servers, as far as they are known.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		code      codes.Code
		text      string
		class     Class
		wait      time.Duration
		available uint64
	}{
		{codes.Unavailable, "server is shutting down try again later", Retry, 0, 0},
		{codes.Aborted, "x", Retry, 0, 0},
		{codes.Canceled, "x", Retry, 0, 0},
		{codes.Unknown, "h2 protocol error", Retry, 0, 0},
		{codes.DeadlineExceeded, "x", Retry, 0, 0},
		{codes.Internal, "shutdown", Retry, 0, 0},
		{codes.Internal, "failed to send from_slot request", Retry, 0, 0},
		{codes.Internal, "lagged to send an update", Lagged, 0, 0},
		{codes.Internal, "lagged to receive geyser messages", Lagged, 0, 0},
		{codes.DataLoss, "Client could not keep up with the stream", Lagged, 0, 0},
		{codes.Internal, "failed to get replay response", Older, 2 * time.Second, 0},
		{codes.InvalidArgument, "failed to get replay position for slot 7", Older, 2 * time.Second, 0},
		{codes.Internal, "from_slot is not supported", NoReplay, 0, 0},
		{codes.Internal, "replay from 12 is not available", Newer, 0, 0},
		{codes.OutOfRange, "broadcast from 12 is not available, last available: 400", Newer, 0, 400},
		{codes.OutOfRange, "broadcast from 12 is not available, last available: 18446744073709551615", Newer, 0, 0},
		{codes.InvalidArgument, "replay `from_slot` available only for `processed` commitment", NoReplay, 0, 0},
		{codes.ResourceExhausted, "rate limit exceeded", Slow, time.Minute, 0},
		{codes.ResourceExhausted, "Max subscriptions reached", Slow, time.Minute, 0},
		{codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)", Fatal, 0, 0},
		{codes.Unavailable, "unexpected HTTP status code received from server: 429 (Too Many Requests)", Slow, time.Minute, 0},
		{codes.Unavailable, "connection error: dial tcp 127.0.0.1:33429: connect: connection refused", Retry, 0, 0},
		{codes.PermissionDenied, "Maximum connection count reached", Slow, 5 * time.Minute, 0},
		{codes.PermissionDenied, "no", Fatal, 0, 0},
		{codes.Unauthenticated, "No valid auth token", Refused, 0, 0},
		{codes.InvalidArgument, "failed to create filter: x", Fatal, 0, 0},
		{codes.Unimplemented, "method disabled", Fatal, 0, 0},
		{codes.NotFound, "x", Fatal, 0, 0},
		{codes.FailedPrecondition, "x", Fatal, 0, 0},
	} {
		err := newError(Endpoint{Name: "n", URL: "http://u"}, status.Error(c.code, c.text))
		if err.Class != c.class || err.Wait != c.wait || err.Available != c.available {
			t.Errorf("%v %q: class %v, wait %v, available %d; want %v, %v, %d", c.code, c.text, err.Class, err.Wait, err.Available, c.class, c.wait, c.available)
		}
		if status.Code(err) != c.code || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "endpoint n (http://u)") {
			t.Errorf("%v %q: text %q", c.code, c.text, err)
		}
	}
	if err := newError(Endpoint{}, io.EOF); err.Class != Retry || !errors.Is(err, ErrEnded) {
		t.Errorf("a clean end gives %v", err)
	}
}

// A proxy may answer with any bytes; the text goes into the status, gaps and alerts, which could not be encoded with them.
func TestTextIsUTF8(t *testing.T) {
	if text := newError(Endpoint{Name: "n"}, status.Error(codes.Internal, "bad \xff gateway")).Error(); !utf8.ValidString(text) || !strings.Contains(text, "bad \uFFFD gateway") {
		t.Errorf("text %q", text)
	}
}

func TestRefusedTokenSaysWhatToDo(t *testing.T) {
	refusal := status.Error(codes.Unauthenticated, "No valid auth token")
	for _, c := range []struct{ token, want string }{
		{"", "the token of endpoint n was refused: none is set"},
		{"s3cret", "the token of endpoint n was refused ("},
	} {
		text := newError(Endpoint{Name: "n", Token: c.token}, refusal).Error()
		if !strings.Contains(text, c.want) || !strings.Contains(text, "correct token, token_file or token_env") || strings.Contains(text, "s3cret") {
			t.Errorf("text %q, want %q and the remedy", text, c.want)
		}
	}
}

// Every rule can be reached: none is hidden by one before it.
func TestRulesAreReachable(t *testing.T) {
	for i, r := range rules {
		for _, before := range rules[:i] {
			if before.code == r.code && strings.Contains(r.text, before.text) {
				t.Errorf("rule %v %q is hidden by %q", r.code, r.text, before.text)
			}
		}
		if r.text != strings.ToLower(r.text) {
			t.Errorf("rule %q is not in lower case", r.text)
		}
	}
}
