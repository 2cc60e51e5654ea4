package monitor

import (
	"fmt"
	"os"
	"strings"
)

// kill is one SIGKILL: at the n-th time that a process passes a point, or the first after it when the victim lives.
type kill struct {
	// Where the point is: host, or old or next for the two versions of the plugin.
	Where string
	// Point in two words: what is done, and with which message or step.
	Point string
	// Victim is who is killed: where the point is, or for points of the host also one of the plugins.
	Victim string
	// N counts from 1 within the life of a process.
	N int
}

// String names it in the file of those that came about.
func (k kill) String() string {
	if k.Where == k.Victim {
		return fmt.Sprintf("%s %s %d", k.Where, k.Point, k.N)
	}
	return fmt.Sprintf("%s %s %d kills %s", k.Where, k.Point, k.N, k.Victim)
}

// point is the kill without its count.
func (k kill) point() string { k.N = 0; return k.String() }

// often says whether a process passes the point many times.
func (k kill) often() bool {
	what, name, _ := strings.Cut(k.Point, " ")
	return what == "checkpoint" || strings.Contains("batch barrier durable outputs state Health", name)
}

// killPoints lists every point, each once. All lie on the way of the stage's story: see stage. WEIR_POINT leaves only those whose name it
// is a part of.
func killPoints() (all []kill) {
	only := os.Getenv("WEIR_POINT")
	add := func(where, victim string, what string, names string) {
		for name := range strings.FieldsSeq(names) {
			k := kill{Where: where, Point: what + " " + name, Victim: victim, N: 1}
			if strings.Contains(k.String(), only) {
				all = append(all, k)
			}
		}
	}
	// Each message of weir.plugin.v1, in the plugin: CollectMetrics is not called and Retract not sent by this host.
	for _, plugin := range []string{"old", "next"} {
		add(plugin, plugin, "got", "Describe Configure Open Health Drain Close restore batch barrier durable gap")
		add(plugin, plugin, "did", "Describe Configure Open Health Drain Close restore batch barrier durable gap")
		add(plugin, plugin, "send", "restored outputs state error")
		add(plugin, plugin, "sent", "restored outputs state error")
	}
	add("old", "old", "got", "cut_over")
	add("old", "old", "did", "cut_over")
	// The same in the host.
	add("host", "host", "start", "describe configure own open restore run")
	add("host", "host", "send", "restore batch barrier durable gap cut_over")
	add("host", "host", "sent", "restore batch barrier durable gap cut_over")
	add("host", "host", "got", "outputs state error")
	add("host", "host", "took", "outputs state error")
	add("host", "host", "call", "drain close")
	add("host", "host", "called", "drain")
	// Each thing that becomes durable, before and after.
	add("host", "host", "append", "outputs")
	add("host", "host", "appended", "outputs")
	add("host", "host", "flushed", "outputs")
	add("host", "host", "letter", "before after")
	add("host", "host", "epoch", "epoch swept mark")
	for _, victim := range []string{"host", "old", "next"} {
		add("host", victim, "checkpoint", "flush store object manifest stored")
		if victim != "next" { // which is started after these
			add("host", victim, "upgrade", "verify watched checkpoint spared")
		}
		add("host", victim, "upgrade", "shadow hold held choose chosen acquired opened filled installed")
	}
	add("host", "host", "choice", "before after")
	add("host", "host", "rollback", "acquired saved restored")
	add("host", "next", "rollback", "chosen")
	add("host", "host", "rollback", "chosen")
	return all
}
