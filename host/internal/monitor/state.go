package monitor

// State of an instance.
type State int32

// States in the order in which a start passes them; the last seven are where it can end up.
const (
	Starting    State = iota // process spawned, no connection yet
	Configuring              // Describe and Configure
	Restoring                // Open and Restore
	Replaying                // behind what the journal held when the plugin came up
	Live                     // at the end of the journal, or has been
	Draining                 // finishing what it was given
	Crashed                  // its process ended, or had to
	Backoff                  // waiting to start again
	Quarantined              // crashed too often, or broke the contract: tried once in a while; see Status.Reason
	Rejected                 // needs an operator: see Status.Reason
	ConfigError              // refused its configuration: see Status.Reason
	Stopped                  // Run is over, or has not begun
)

var stateNames = [...]string{
	"starting", "configuring", "restoring", "replaying", "live", "draining", "crashed", "backoff", "quarantined", "rejected", "config_error", "stopped",
}

// String returns the lower case name.
func (s State) String() string { return stateNames[s] }
