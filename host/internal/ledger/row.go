package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// State of a slot for a group.
type State uint8

// States. The numbers are those of weir.admin.v1.SlotState.
const (
	// Unknown: the slot was not reached, or the ledger no longer tells of it.
	Unknown State = iota
	// Complete: all of it came. Of earlier runs, a skipped slot counts as complete too.
	Complete
	// Empty: the chain skipped the slot, as the parent of a later block proves.
	Empty
	// Dead: the chain gave the slot up.
	Dead
	// Backfilled: it was missing and was healed.
	Backfilled
	// Missing: data of it is, or may be, missing.
	Missing
)

var stateNames = [...]string{"unknown", "complete", "empty", "dead", "backfilled", "missing"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Row is a run of slots with the same state and story.
type Row struct {
	From, To uint64 // both inclusive
	// Groups concerned, numbered as in the configuration. Groups of an earlier configuration are in Names only.
	Groups fold.GroupSet
	// Names of all groups concerned.
	Names []string
	State State
	// Reason is for people; Endpoint is where it was found, empty when that was in Weir itself.
	Reason, Endpoint string
	// Found and Healed are zero when unknown or not so.
	Found, Healed time.Time
}

// row is a Row inside. Groups are bits of the ledger's own table of names.
type row struct {
	key      uint64 // number of its entry in the table
	from, to uint64
	groups   uint64
	story
}

// story is what rows that lie next to each other must share to be one.
type story struct {
	state            State
	reason, endpoint string
	found, healed    int64 // Unix seconds
}

// stored is a row in the table.
type stored struct {
	From     uint64   `json:"from"`
	To       uint64   `json:"to"`
	Groups   []string `json:"groups"`
	State    State    `json:"state"`
	Reason   string   `json:"reason,omitempty"`
	Endpoint string   `json:"endpoint,omitempty"`
	Found    int64    `json:"found"`
	Healed   int64    `json:"healed,omitempty"`
}

func (l *Ledger) encode(r row) []byte {
	b, err := json.Marshal(stored{r.from, r.to, l.namesOf(r.groups), r.state, r.reason, r.endpoint, r.found, r.healed})
	if err != nil {
		panic(err) // strings and numbers
	}
	return b
}

func (l *Ledger) decode(key uint64, b []byte) (row, error) {
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return row{}, err
	}
	if s.To < s.From || s.State <= Empty || s.State > Missing {
		return row{}, fmt.Errorf("slots %d to %d with state %d", s.From, s.To, s.State)
	}
	r := row{key: key, from: s.From, to: s.To, story: story{s.State, s.Reason, s.Endpoint, s.Found, s.Healed}}
	for _, name := range s.Groups {
		if bit, ok := l.bit(name); ok {
			r.groups |= bit
		}
	}
	return r, nil
}

func (l *Ledger) export(r row) Row {
	out := Row{
		From: r.from, To: r.to, Names: l.namesOf(r.groups), State: r.state, Reason: r.reason, Endpoint: r.endpoint,
		Found: date(r.found), Healed: date(r.healed),
	}
	for i, bit := range l.outside {
		if r.groups&bit != 0 {
			out.Groups = out.Groups.With(i)
		}
	}
	return out
}

func date(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0)
}
