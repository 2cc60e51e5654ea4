package idl

import (
	"errors"
	"fmt"
)

// Error says what is wrong with an IDL.
type Error struct {
	// File is the name of the file.
	File string
	// Path is the place in the JSON, such as events[2].fields[0].type; empty for the whole of it.
	Path string
	// Reason says what is wrong and what to do about it.
	Reason string
	// unsupported: well-formed, but of a kind that is not decoded. It matters only where something needs it.
	unsupported bool
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Path, e.Reason)
}

// ErrUnknown means that the IDL has no instruction, event or account with that discriminator.
var ErrUnknown = errors.New("discriminator that the IDL does not have")

// Reasons for data that cannot be read. They are wrapped with the name of the field.
var (
	errEnds     = errors.New("data ends within it")
	errBool     = errors.New("a bool that is neither 0 nor 1")
	errOption   = errors.New("an option that is neither none nor some")
	errVariant  = errors.New("a variant that the enum does not have")
	errNaN      = errors.New("a float that is not a number")
	errTooDeep  = errors.New("nested too deep")
	errTooLarge = errors.New("too many values")
)
