package keyed

// Tiers holds what is known of very many keys in bounded memory. The keys that were used last have a value; of one that has been idle
// for longest only a summary is kept, and it is forgotten when there are too many of these. A key that is used again gets a value made of
// its summary. Which key that is depends on nothing but the order of calls, so a replay does the same.
//
// Both maps belong to the monitor's State: NewState(&rest, values, summaries). Use them through Tiers only. It is not safe for
// concurrent use.
type Tiers[K comparable, V, S any] struct {
	values    *Map[K, V]
	summaries *Map[K, S]
	rule      Rule[K, V, S]
}

// Rule says how much is kept, and in what form.
type Rule[K comparable, V, S any] struct {
	// Values is how many keys have a value, All how many are known at all; both at least 1, All not below Values.
	Values, All int
	// Summarise makes a summary of what a key leaves behind when it has been idle for longest.
	Summarise func(K, *V) S
	// Revive makes a value of a summary.
	Revive func(K, S) V
}

// NewTiers puts a rule on two maps.
func NewTiers[K comparable, V, S any](values *Map[K, V], summaries *Map[K, S], rule Rule[K, V, S]) *Tiers[K, V, S] {
	return &Tiers[K, V, S]{values: values, summaries: summaries, rule: rule}
}

// Len is the number of keys known, Values how many of them have a value.
func (t *Tiers[K, V, S]) Len() int { return t.values.Len() + t.summaries.Len() }

// Values is how many keys have a value.
func (t *Tiers[K, V, S]) Values() int { return t.values.Len() }

// Get returns a copy of a value, or what its summary gives, and whether the key is known. It is no use of the key: nothing moves.
func (t *Tiers[K, V, S]) Get(key K) (value V, ok bool) {
	if value, ok = t.values.Get(key); ok {
		return value, true
	}
	if s, ok := t.summaries.Get(key); ok {
		return t.rule.Revive(key, s), true
	}
	return value, false
}

// Touch returns a value that is about to be changed, and makes its key the newest; nil when the key is not known. The pointer is valid
// until the next call that changes anything.
func (t *Tiers[K, V, S]) Touch(key K) *V {
	if v := t.values.Touch(key); v != nil {
		return v
	}
	s, ok := t.summaries.Get(key)
	if !ok {
		return nil
	}
	t.summaries.Delete(key)
	v := t.room(key)
	*v = t.rule.Revive(key, s)
	return v
}

// Put is Touch that adds a key which is not known, with the zero value.
func (t *Tiers[K, V, S]) Put(key K) *V {
	if v := t.Touch(key); v != nil {
		return v
	}
	return t.room(key)
}

// Delete forgets a key.
func (t *Tiers[K, V, S]) Delete(key K) {
	if !t.values.Delete(key) {
		t.summaries.Delete(key)
	}
}

// room adds a value, and makes way for it.
func (t *Tiers[K, V, S]) room(key K) *V {
	for t.values.Len() >= t.rule.Values {
		idle, value, _ := t.values.Oldest()
		t.values.Delete(idle)
		if t.rule.All > t.rule.Values {
			*t.summaries.Put(idle) = t.rule.Summarise(idle, &value)
		}
	}
	for t.Len() >= t.rule.All && t.summaries.DeleteOldest() {
	}
	return t.values.Put(key)
}
