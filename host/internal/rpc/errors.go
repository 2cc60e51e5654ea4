package rpc

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/gagliardetto/solana-go/rpc/jsonrpc"
)

// Codes of Solana's RPC that are told apart.
const (
	CodeNoBlockYet     = -32004 // of a slot that the node has not reached, or does not have
	CodeUnhealthy      = -32005 // the node is behind
	CodeSkipped        = -32007
	CodeSkippedOld     = -32009 // skipped, or missing in long-term storage
	CodeNoStatusYet    = -32014
	CodeBehind         = -32016 // the slot of minContextSlot was not reached
	CodeTooMany        = -32429
	CodeInternal       = -32603
	CodeTooManyOfProxy = 429
)

// ErrAnswer is an answer that cannot be right. Asking again does not help.
var ErrAnswer = errors.New("answer cannot be used")

// passes tells whether the same call may work later.
func passes(err error) bool {
	if err == nil {
		return false
	}
	switch code, ok := codeOf(err); {
	case !ok: // the network, or an answer that is no JSON: a proxy speaks
		if status, is := errors.AsType[*jsonrpc.HTTPError](err); is {
			return status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout || status.Code >= 500
		}
		return !errors.Is(err, ErrAnswer)
	default:
		switch code {
		case CodeNoBlockYet, CodeUnhealthy, CodeNoStatusYet, CodeBehind, CodeTooMany, CodeTooManyOfProxy, CodeInternal:
			return true
		}
		return false
	}
}

func codeOf(err error) (int, bool) {
	if e, ok := errors.AsType[*jsonrpc.RPCError](err); ok {
		return e.Code, true
	}
	return 0, false
}

// Skipped tells that a slot has no block.
func Skipped(err error) bool {
	code, ok := codeOf(err)
	return ok && (code == CodeSkipped || code == CodeSkippedOld)
}

// plainError is an error in one line and without the URL.
type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

func (n *Node) plain(err error) error {
	if e, ok := errors.AsType[*jsonrpc.RPCError](err); ok {
		return &plainError{fmt.Sprintf("%s (code %d)", e.Message, e.Code), err}
	}
	return &plainError{anyURL.ReplaceAllLiteralString(strings.ReplaceAll(err.Error(), n.secret, n.shown), n.shown), err}
}

// anyURL finds the node's URL in the spelling of Go's client, which escapes it, hides its password, and follows redirects.
var anyURL = regexp.MustCompile(`(?i)https?://[^\s"]*[^\s":]`)
