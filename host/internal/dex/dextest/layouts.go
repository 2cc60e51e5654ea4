package dextest

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layout is one form of an event.
type Layout struct {
	// Name in the program, and the discriminator that it should make.
	Name string
	Tag  uint64
	// Bytes is its length as the facts give it; 0 where they give none.
	Bytes int
	// Empty makes one, Keep are the fields that are not of this form, Parse reads one.
	Empty func() Value
	Keep  []string
	Parse Parser
}

// Layouts holds each against its name, its length, its way to bytes and back, and what is cut off.
func Layouts(t *testing.T, layouts map[string]Layout) {
	t.Helper()
	for name, l := range layouts {
		t.Run(name, func(t *testing.T) {
			if want := Discriminator("event:" + l.Name); l.Tag != want {
				t.Errorf("discriminator %x, its name makes %x", l.Tag, want)
			}
			data := l.Empty().Append(nil)
			if l.Bytes > 0 && len(data) != l.Bytes {
				t.Errorf("%d bytes, want %d", len(data), l.Bytes)
			}
			RoundTrip(t, func(t *rapid.T) Value {
				v := l.Empty()
				Fill(t, v, l.Keep...)
				return v
			}, l.Parse)
			if _, _, err := l.Parse(data[:len(data)-1]); !errors.Is(err, dex.ErrShort) {
				t.Errorf("one byte short: %v", err)
			}
			if _, _, err := l.Parse(nil); !errors.Is(err, dex.ErrTag) {
				t.Errorf("nothing: %v", err)
			}
		})
	}
}
