package geyser

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Class is what to do after a stream ended.
type Class uint8

// Classes.
const (
	// Retry: open again after the usual backoff.
	Retry Class = iota
	// Lagged: as Retry, and the server says that we read too slowly.
	Lagged
	// Slow: open again after Error.Wait; the server is well, we asked too often.
	Slow
	// Older: nothing can be replayed from that slot yet; ask for an older one after a while.
	Older
	// Newer: the slot is no longer, or never was, in the replay store; what lies before Error.Available is lost.
	Newer
	// NoReplay: the server replays nothing to this subscription; what lies before the present is lost.
	NoReplay
	// Refused: the token is missing or wrong. Trying again cannot help.
	Refused
	// Fatal: this request will never be served by this endpoint.
	Fatal
)

var classNames = [...]string{"retry", "lagged", "slow", "older slot", "newer slot", "no replay", "refused", "fatal"}

func (c Class) String() string { return classNames[c] }

// Error is why a stream could not be opened or ended. It wraps the cause.
type Error struct {
	// Class tells what to do.
	Class Class
	// Wait is the least time to the next open, 0 for the usual backoff.
	Wait time.Duration
	// Available is the oldest slot that the server can replay, for Newer; 0 when it did not say.
	Available uint64
	// Endpoint is its name and URL.
	Endpoint string
	// Remedy says what a person can do; empty when nothing.
	Remedy string
	err    error
}

func (e *Error) Error() string {
	text := "endpoint " + e.Endpoint + ": " + e.err.Error()
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

func (e *Error) Unwrap() error { return e.err }

// Ends of a stream that no status code tells.
var (
	// ErrSilent: nothing came for Endpoint.Silence. The stream is dead although it is open.
	ErrSilent = errors.New("the stream went silent")
	// ErrEnded: the server ended the stream without an error, which no server does on purpose.
	ErrEnded = errors.New("the server ended the stream")
	// ErrOpenTimeout: Endpoint.OpenTimeout passed.
	ErrOpenTimeout = errors.New("no connection in time")
)

// rule gives the class of a status code whose message contains text (in lower case). The first rule that fits counts.
type rule struct {
	code   codes.Code
	text   string
	class  Class
	wait   time.Duration
	remedy string
}

// A provider counts opens in windows of up to 60 s: after "too many" a whole window must pass.
const (
	window      = 60 * time.Second
	replayWait  = 2 * time.Second
	leakedWait  = 5 * time.Minute
	remedyToken = "correct token, token_file or token_env of this endpoint"
)

var rules = []rule{
	{codes.Internal, "failed to get replay response", Older, replayWait, ""},
	{codes.Internal, "from_slot is not supported", NoReplay, 0, "the server keeps no slots for replay"},
	{codes.Internal, "is not available", Newer, 0, ""},
	{codes.OutOfRange, "", Newer, 0, ""},
	// Richat refuses a slot that was skipped in the same words as one that is too old. An older one helps against the former.
	{codes.InvalidArgument, "failed to get replay position", Older, replayWait, ""},
	{codes.InvalidArgument, "available only for `processed`", NoReplay, 0, "the server replays at commitment processed only"},
	{codes.InvalidArgument, "not possible to replay", NoReplay, 0, "the server replays no blocks"},
	{codes.Internal, "lagged", Lagged, 0, ""},
	{codes.DataLoss, "", Lagged, 0, ""},
	{codes.ResourceExhausted, "larger than max", Fatal, 0, "raise the message limit of this endpoint"},
	{codes.ResourceExhausted, "", Slow, window, ""},
	// Not the bare number: it can stand in the port of an address that refused.
	{codes.Unavailable, "server: 429", Slow, window, ""},
	{codes.PermissionDenied, "maximum connection count", Slow, leakedWait, "another process holds streams of this token"},
	{codes.PermissionDenied, "", Fatal, 0, ""},
	{codes.Unauthenticated, "", Refused, 0, ""},
	{codes.InvalidArgument, "", Fatal, 0, ""},
	{codes.Unimplemented, "", Fatal, 0, "is this the URL of a Yellowstone gRPC service?"},
	{codes.NotFound, "", Fatal, 0, ""},
	{codes.FailedPrecondition, "", Fatal, 0, ""},
	{codes.Unavailable, "first record does not look like a tls handshake", Retry, 0, "the server speaks no TLS: write http:// instead of https://"},
	{codes.Unavailable, "certificate", Retry, 0, "check the host name of the URL and the clock of this machine"},
	{codes.Unavailable, "error reading server preface", Retry, 0, "if the server speaks TLS, write https:// instead of http://"},
	{codes.Unavailable, "no such host", Retry, 0, "check the host name of the URL"},
	{codes.Unavailable, "connection refused", Retry, 0, "nothing listens there: check the port of the URL"},
}

// newError classifies why a stream of e ended. Whatever no rule names is retried: a wrong retry costs an open, a wrong stop the data.
func newError(e Endpoint, err error) *Error {
	out := &Error{Endpoint: e.String(), err: err}
	if errors.Is(err, io.EOF) {
		out.err = ErrEnded
		return out
	}
	st, ok := status.FromError(err)
	if !ok {
		return out
	}
	out.err = fmt.Errorf("%s: %w", st.Code(), plain{strings.ToValidUTF8(st.Message(), "\uFFFD"), err}) // messages that carry it hold only UTF-8
	text := strings.ToLower(st.Message())
	for _, r := range rules {
		if r.code == st.Code() && strings.Contains(text, r.text) {
			out.Class, out.Wait, out.Remedy = r.class, r.wait, r.remedy
			break
		}
	}
	switch out.Class {
	case Newer:
		out.Available = available(text)
	case Refused:
		out.err = fmt.Errorf("the token of endpoint %s was %s (%w)", e.Name, presence(e.Token), out.err)
		out.Remedy = remedyToken
	default:
	}
	return out
}

func presence(token string) string {
	if token == "" {
		return "refused: none is set"
	}
	return "refused"
}

// plain is a status error without the words that grpc puts before its message.
type plain struct {
	text string
	err  error
}

func (p plain) Error() string { return p.text }
func (p plain) Unwrap() error { return p.err }

var availableText = regexp.MustCompile(`last available: (\d+)`)

// available finds the oldest slot in "broadcast from S is not available, last available: N". A store that holds nothing says 2^64-1.
func available(text string) uint64 {
	m := availableText.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	slot, err := strconv.ParseUint(m[1], 10, 64)
	if err != nil || slot == ^uint64(0) {
		return 0
	}
	return slot
}
