package sdk

import (
	"errors"
	"strings"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// classed is a handler's error with its class.
type classed struct {
	class pluginv1.ErrorClass
	err   error
}

func (e *classed) Error() string { return e.err.Error() }
func (e *classed) Unwrap() error { return e.err }

// Transient marks an error as one that may pass. The host starts the monitor again from its last checkpoint, after a wait, and sends
// the record once more in its place; up to three times, then it counts like any other error and the monitor goes on after it.
func Transient(err error) error { return withClass(pluginv1.ErrorClass_ERROR_CLASS_TRANSIENT, err) }

// Fatal marks an error after which the monitor must not go on: the host stops it and does not start it again. State is as
// the last checkpoint left it.
func Fatal(err error) error { return withClass(pluginv1.ErrorClass_ERROR_CLASS_FATAL, err) }

func withClass(class pluginv1.ErrorClass, err error) error {
	if err == nil {
		return nil
	}
	return &classed{class: class, err: err}
}

// plain makes an author's text, which may hold anything, one that a message can hold.
func plain(text string) string { return cut(strings.ToValidUTF8(text, "\uFFFD"), maxErrorText) }

// classOf is data unless the handler said otherwise.
func classOf(err error) pluginv1.ErrorClass {
	if c, ok := errors.AsType[*classed](err); ok {
		return c.class
	}
	return pluginv1.ErrorClass_ERROR_CLASS_DATA
}
