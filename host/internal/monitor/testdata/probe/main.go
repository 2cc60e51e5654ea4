// Command probe is the plugin of this folder's tests: it counts trades, and misbehaves when told to.
package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/weir-run/weir/sdk"
)

type config struct {
	// Quiet emits nothing.
	Quiet bool `json:"quiet"`
	// Refuse refuses the configuration.
	Refuse bool `json:"refuse"`
	// At this count the probe does Do, once: Mark is a file that it makes before.
	At   uint64 `json:"at"`
	Do   string `json:"do"`
	Mark string `json:"mark"`
	// Poison are numbers of records at which it panics, every time.
	Poison []uint64 `json:"poison"`
	// Later are numbers of records that it always wants to handle another time.
	Later []uint64 `json:"later"`
	// Kinds is trades (default) or all.
	Kinds string `json:"kinds"`
}

type state struct {
	Trades uint64 `json:"trades"`
	Hash   uint64 `json:"hash"` // over all trades in order, so that any difference in a replay shows in each later output
	Gaps   uint64 `json:"gaps"`
}

// Set by the linker: other versions of this program.
var (
	name    = "probe"
	version = "1.2.3"
	fault   = "" // wrong counts differently, crash panics after 500 trades, a path does at each trade while that file is there
)

func main() {
	before(os.Getenv("PROBE_START"))
	sdk.Serve(probe)
}

// before misbehaves instead of shaking hands.
func before(mode string) {
	switch mode {
	case "garbage":
		fmt.Println("hello, I am a plugin")
		time.Sleep(time.Minute)
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot find my licence")
		os.Exit(3)
	case "silent":
		time.Sleep(time.Minute)
	}
}

func probe(host *sdk.Host) sdk.Monitor {
	var c config
	var s state
	return sdk.Monitor{
		Name: name, Version: version, Config: &c, State: &s,
		Check: func() error {
			if c.Refuse {
				return fmt.Errorf("refuse: set, so the configuration is refused")
			}
			return nil
		},
		OnTrade: func(r *sdk.Record, t *sdk.Trade) error {
			if slices.Contains(c.Poison, r.GetNumber()) {
				panic("probe was poisoned")
			}
			if slices.Contains(c.Later, r.GetNumber()) {
				return sdk.Transient(fmt.Errorf("probe is busy"))
			}
			s.Trades++
			switch {
			case fault == "wrong" && r.GetNumber()%1000 < 3:
				s.Hash++
			case fault == "crash" && s.Trades%500 == 499:
				panic("new version is broken")
			case strings.HasPrefix(fault, "/") && exists(fault):
				panic("new version was broken later")
			}
			h := fnv.New64a()
			fmt.Fprint(h, s.Hash, r.GetNumber(), t.GetBaseAmount(), r.GetSignature())
			s.Hash = h.Sum64()
			if c.At != 0 && s.Trades >= c.At && !exists(c.Mark) {
				if err := do(host, c); err != nil {
					return err
				}
			}
			if !c.Quiet {
				host.Signal("counted", "probe", fmt.Sprintf("%d %x", s.Trades, s.Hash), nil)
				if s.Trades%3 == 0 {
					host.Signal("third", "probe", fmt.Sprint(s.Trades), map[string]string{"gaps": fmt.Sprint(s.Gaps)})
				}
			}
			return nil
		},
		OnJournalGap: func(g *sdk.JournalGap) error { s.Gaps++; return nil },
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}

func do(host *sdk.Host, c config) error {
	if c.Mark != "" {
		if err := os.WriteFile(c.Mark, nil, 0o600); err != nil {
			return err
		}
	}
	switch c.Do {
	case "panic":
		go func() { panic("probe was told to") }() // outside of any recover
		time.Sleep(time.Minute)
	case "exit":
		os.Exit(3)
	case "badlog":
		fd2("{\"@message\":1}\n{\"@level\":{}}\n{\"@timestamp\":false,\"@message\":[1]}\n{\"@message\":\"good\",\"@level\":\"warn\",\"n\":7}\n")
	case "flood":
		line := strings.Repeat("x", 999) + "\n"
		for range 2000 {
			fd2(line)
		}
		_, _ = syscall.Write(1, []byte(strings.Repeat("y", 600<<10)))
	case "child":
		// It inherits the pipes and leaves the group: nothing that the host kills.
		cmd := exec.Command("sleep", "30")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.NewFile(0, "0"), os.NewFile(1, "1"), os.NewFile(2, "2")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return err
		}
		if err := os.WriteFile(c.Mark+".pid", fmt.Append(nil, cmd.Process.Pid), 0o600); err != nil {
			return err
		}
		os.Exit(4)
	case "fatal":
		return sdk.Fatal(fmt.Errorf("probe gives up"))
	case "transient":
		return sdk.Transient(fmt.Errorf("probe is busy"))
	case "data":
		return fmt.Errorf("probe cannot read this")
	}
	return nil
}

func fd2(text string) { _, _ = syscall.Write(2, []byte(text)) }
