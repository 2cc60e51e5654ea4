// Package keyed holds a state of very many things by key, of which only what changed is saved. A monitor with a hundred thousand
// tokens stands still for a few milliseconds at a checkpoint, whatever their number.
//
//	tokens := keyed.NewMap(keyed.Codec[sdk.Key, token]{
//		AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendToken, Read: readToken,
//	})
//	return sdk.Monitor{State: keyed.NewState(&rest, tokens), ...}
//
// Tiers bounds two maps together: values of the keys used last, summaries of the others.
//
// A part of a state holds the entries that changed, the keys that are gone, and in turn a piece of what did not change: after a
// round over all of it the parts before are not needed. So no part is much larger than another, a state is never written whole but for the
// first time, and the parts together are about one and a half times the state.
package keyed
