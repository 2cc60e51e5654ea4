// Package conform is the conformance kit: it runs a plugin's program, in whatever language it was written, as a host does, and says
// which rules of the contract it keeps. Every check starts processes of its own.
package conform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// Config of a run. Zero values take the defaults named.
type Config struct {
	// Path of the program. Required.
	Path string
	// Settings are the plugin's configuration, a JSON object; empty for its defaults.
	Settings []byte
	// Records to feed, without numbers: those are given. Default: some of every kind.
	Records []*eventv1.Record
	// Checkpoint of an earlier version, which must be restored too. Default: none.
	Checkpoint *Checkpoint
	// Patience bounds each step that the contract gives no limit. Default 20 s.
	Patience time.Duration
	// Only are the names of the checks to run, beside those that others need. Default: all.
	Only []string
	// Dialects are the versions of the contract that may be spoken. Default: wire.Dialects.
	Dialects []wire.Dialect
	// Log gets the plugin's own lines. Default: discard.
	Log *slog.Logger
	// Done is told each result as it comes. Default: nobody.
	Done func(Result)
}

// Checkpoint is a state that an earlier version saved.
type Checkpoint struct {
	// Version of the state, and its bytes.
	Version uint32
	State   []byte
}

// Result of one check.
type Result struct {
	// Check is its name, Rule what must hold.
	Check string `json:"check"`
	Rule  string `json:"rule"`
	// Skipped says why it does not apply; Failed what went against the rule; Note is what was seen. At most one of the first two.
	Skipped string `json:"skipped,omitempty"`
	Failed  string `json:"failed,omitempty"`
	Note    string `json:"note,omitempty"`
	// Took is the time of the check.
	Took time.Duration `json:"took_ns"`
}

// skip is an error that says that a check does not apply.
type skip string

// Error implements error.
func (s skip) Error() string { return string(s) }

// kit is one run.
type kit struct {
	Config
	sockets   string
	described *pluginv1.DescribeResponse
	journal   []*pluginv1.Envelope // what the plugin wants of Records, by number from 1 with holes
	whole     []*pluginv1.Envelope // with what the plugin does not want
	last      uint64
	reference *run // undisturbed, nil until the check that makes it passed
	note      string
}

// check is one row. After the first failure of a row that others build on, those are skipped.
type check struct {
	name, rule string
	needed     bool // the rest makes no sense without it
	do         func(*kit, context.Context) error
}

var checks = []check{
	{"start", "shakes hands within 10 s, silent on standard output before and after", true, (*kit).start},
	{"describe", "says what it is within 1 s, the same twice, without Configure", true, (*kit).describe},
	{"config", "takes its configuration, and refuses a wrong one with INVALID_ARGUMENT without dying", true, (*kit).config},
	{"records", "does records of every kind, and its outputs are in order, of a declared kind and caused by what it got", true, (*kit).records},
	{"batches", "gives the same outputs and state for batches of 1, 7, 64 and 1,000 records", false, (*kit).batches},
	{"checkpoint", "goes on from a checkpoint as if it had never stopped", false, (*kit).checkpoint},
	{"older", "goes on from a checkpoint that is not the newest, and from that of an earlier version", false, (*kit).older},
	{"kill", "killed in a batch, after outputs, in a snapshot or after it: the replay gives what an undisturbed run gives", false, (*kit).kill},
	{"gap", "goes on after a Gap, a Retract and an empty batch", false, (*kit).gap},
	{"unknown", "passes over fields, frames and record kinds that it does not know", false, (*kit).unknown},
	{"garbage", "answers a damaged record with RecordError and does the next one", false, (*kit).garbage},
	{"epoch", "takes no frame of another epoch, and lives", false, (*kit).epochs},
	{"oversize", "takes a frame of 1 MiB, and a message of 8 MiB or refuses it, and lives", false, (*kit).oversize},
	{"huge", "refuses a message of more than 8 MiB with RESOURCE_EXHAUSTED, and lives", false, (*kit).huge},
	{"slow host", "loses nothing when the host sends one frame at a time, or takes no answers for a while", false, (*kit).slowHost},
	{"freeze", "answers no Health while it is stopped, and goes on when it may", false, (*kit).freeze},
	{"health", "answers Health and CollectMetrics within 1 s while it works", false, (*kit).health},
	{"drain", "Drain returns the last number done; the process ends within 10 s of SIGTERM", false, (*kit).drain},
	{"children", "leaves no process behind", false, (*kit).children},
	{"host death", "is gone within 2 s when its host is", false, (*kit).hostDeath},
}

// Run runs all checks. The error says that the kit itself could not work; what the plugin does wrong is in the results.
func Run(ctx context.Context, cfg Config) (results []Result, err error) {
	k := &kit{Config: cfg}
	if k.Patience == 0 {
		k.Patience = 20 * time.Second
	}
	if k.Dialects == nil {
		k.Dialects = wire.Dialects()
	}
	if k.Log == nil {
		k.Log = slog.New(slog.DiscardHandler)
	}
	if k.sockets, err = os.MkdirTemp("", "weir-conform-"); err != nil {
		return nil, fmt.Errorf("make socket folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(k.sockets)) }()
	for _, name := range k.Only {
		if !slices.ContainsFunc(checks, func(c check) bool { return c.name == name }) {
			return nil, fmt.Errorf("there is no check %q: they are %s", name, strings.Join(checkNames(), ", "))
		}
	}
	broken := ""
	for _, c := range checks {
		if len(k.Only) > 0 && !c.needed && !slices.Contains(k.Only, c.name) {
			continue
		}
		r := Result{Check: c.name, Rule: c.rule}
		if broken != "" {
			r.Skipped = "needs " + broken
		} else {
			k.judge(ctx, c, &r)
		}
		if r.Failed != "" && c.needed {
			broken = c.name
		}
		if ctx.Err() != nil {
			return results, ctx.Err()
		}
		results = append(results, r)
		if k.Done != nil {
			k.Done(r)
		}
	}
	return results, nil
}

func checkNames() []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.name
	}
	return names
}

func (k *kit) judge(ctx context.Context, c check, r *Result) {
	began := time.Now()
	k.note = ""
	err := c.do(k, ctx)
	r.Took, r.Note = time.Since(began), k.note
	if why, ok := errors.AsType[skip](err); ok {
		r.Skipped = string(why)
	} else if err != nil {
		// One cause: what follows from it is said on lines of its own.
		r.Failed, _, _ = strings.Cut(err.Error(), "\n")
	}
}

// Passed says whether nothing failed.
func Passed(results []Result) bool {
	for _, r := range results {
		if r.Failed != "" {
			return false
		}
	}
	return len(results) > 0
}
