package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// problem is an answer of RFC 9457 to a request that is not met.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Parameter is the one that is wrong, where it is one.
	Parameter string `json:"parameter,omitempty"`

	retryAfter int // seconds
}

func (p *problem) Error() string { return p.Detail }

func problemf(code int, format string, args ...any) *problem {
	return &problem{Title: http.StatusText(code), Status: code, Detail: fmt.Sprintf(format, args...)}
}

func (p *problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.Status)
	body, err := json.Marshal(p)
	if err != nil { // cannot happen: text and numbers
		body = []byte("{}")
	}
	_, _ = w.Write(append(body, '\n')) // the client is gone
}

// failed turns the error of an answer into a problem. What is not the client's doing is logged, and the client is told no more than that.
func (a *API) failed(r *http.Request, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	switch status.Code(err) { //nolint:exhaustive // the rest is our fault
	case codes.NotFound:
		return problemf(http.StatusNotFound, "%s", status.Convert(err).Message())
	case codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted:
		return problemf(http.StatusConflict, "%s", status.Convert(err).Message())
	case codes.InvalidArgument, codes.OutOfRange:
		return problemf(http.StatusBadRequest, "%s", status.Convert(err).Message())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return problemf(http.StatusServiceUnavailable, "the answer took longer than %s", answerTimeout)
	}
	if r.Context().Err() == nil {
		a.cfg.Log.Error("a request could not be answered", "path", r.URL.Path, "error", err)
	}
	return problemf(http.StatusInternalServerError, "the daemon could not answer; its log says why")
}

// clipped keeps what a client sent from filling the answer.
func clipped(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}
