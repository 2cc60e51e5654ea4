package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Bounds of what a trap takes when nothing stops it.
const (
	children = 120       // of the fork bomb, each for 4 s
	hog      = 320 << 20 // bytes, for 4 s
	loops    = 20 * time.Second
)

// spring does what the trap is, to the process or to the answer that is about to be sent.
func spring(answer *pluginv1.PluginFrame, through uint64) {
	outputs := answer.GetOutputs()
	switch trap {
	case "badjson": // T1
		stderr("{\"@message\":1}\n{\"@level\":{}}\n{\"@timestamp\":false,\"@message\":[1]}\n{\"@message\":null}\n")
	case "frozen": // T2
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "wedged": // T3
		select {}
	case "pipes": // T4
		child(&syscall.SysProcAttr{Setsid: true})
		os.Exit(4)
	case "stubborn": // T5
		signal.Ignore(syscall.SIGTERM, os.Interrupt)
	case "stdout": // T11
		_, _ = syscall.Write(1, []byte(strings.Repeat("y", 600<<10)))
	case "longline": // T14
		stderr(strings.Repeat("z", 10<<20) + "\n")
	case "panic": // T15
		panic("this is the trap")
	case "frame": // T16
		outputs.Outputs = []*eventv1.Output{{Cause: through, Kind: strings.Repeat("x", 9<<20)}}
	case "environment": // T23
		stderr("environment " + strings.Join(os.Environ(), " ") + "\n")
	case "flood": // T26
		for range 3000 {
			stderr(strings.Repeat("l", 99) + "\n")
		}
	case "exit":
		os.Exit(0)
	case "segv":
		signal.Reset()
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "forkbomb":
		for range children {
			child(&syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
		}
		time.Sleep(4 * time.Second)
	case "hog":
		eat()
	case "loop":
		loop()
	case "epoch":
		answer.Epoch++
	case "ahead":
		outputs.Through = through + 1_000_000
	case "unknown":
		outputs.Outputs = []*eventv1.Output{{Cause: through + 1_000_000, Kind: "x"}}
	case "doubled":
		outputs.Outputs = []*eventv1.Output{{Cause: through, Kind: "x"}, {Cause: through, Kind: "x"}}
	case "emits":
		outputs.Outputs = nil
		for i := range uint32(100) {
			outputs.Outputs = append(outputs.Outputs, &eventv1.Output{Cause: through, Index: i, Kind: "emitted", Key: strings.Repeat("y", 60<<10)})
		}
	case "fatal":
		answer.Frame = &pluginv1.PluginFrame_Error{Error: &pluginv1.RecordError{Number: through, Class: pluginv1.ErrorClass_ERROR_CLASS_FATAL, Message: "cannot go on"}}
	}
}

func stderr(text string) { _, _ = syscall.Write(2, []byte(text)) }

// child starts this program as a sleeper that holds the pipes.
func child(attr *syscall.SysProcAttr) {
	cmd := exec.Command("/proc/self/exe", "sleep")
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = os.NewFile(0, "0"), os.NewFile(1, "1"), os.NewFile(2, "2"), attr
	if err := cmd.Start(); err != nil {
		stderr("cannot start a child: " + err.Error() + "\n")
	}
}

// stranger has a child answer in its place.
func stranger(path string) error {
	cmd := exec.Command("/proc/self/exe", "serve")
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("serve at %s: %w", path, err)
	}
	return nil
}

func eat() {
	var all [][]byte
	for eaten := 0; eaten < hog; eaten += 16 << 20 {
		b := make([]byte, 16<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(4 * time.Second)
	runtime.KeepAlive(all)
}

func loop() {
	for end := time.Now().Add(loops); time.Now().Before(end); {
		_ = 1
	}
}
