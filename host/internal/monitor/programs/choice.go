// Package programs keeps what upgrades of plugins leave behind: which program an instance runs, which it can go back to, and a copy
// of both.
package programs

import "time"

// Program is a plugin's file that can be gone back to.
type Program struct {
	// Path of the file, empty when there is none.
	Path string `json:"path,omitempty"`
	// Checkpoint names the states that it left: the journal's newest checkpoint of this name is the one.
	Checkpoint string `json:"checkpoint,omitempty"`
	// Until is when it stops being what a rollback goes back to.
	Until time.Time `json:"until,omitzero"`
}

// Choice says which program an instance runs. It outlives the host.
type Choice struct {
	// Path of the program.
	Path string `json:"path"`
	// Previous is what a rollback goes back to; zero when there is nothing.
	Previous Program `json:"back,omitzero"`
	// Restore names the state that must be put in place before the program starts: one that comes back must not read what a newer
	// version wrote. Empty when it goes on from the newest.
	Restore string `json:"restore,omitempty"`
}
