package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type topCommand struct {
	shell.Config
	Every time.Duration `default:"1s" help:"Time between two looks."`
	Count int           `placeholder:"N" help:"End after so many looks; default: run until Ctrl-C."`
}

// Help is shown below the flags.
func (topCommand) Help() string {
	return "Shows what a running daemon does, anew every second, with rates between two looks: connections, stages, monitors and how long one that\n" +
		"is behind still needs, gaps and alerts. Ctrl-C ends it. The dashboard shows the same in a browser (http.listen)."
}

// Run draws until interrupted, or so many times. A daemon that stops is waited for.
func (c topCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	dir, client, err := c.Dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	draw := plainFrame
	if screen, ok := std.Out.(*os.File); ok && isTerminal(screen) {
		draw = func(w io.Writer, frame []byte) error { return fullFrame(w, frame, rowsOf(screen)) }
		fmt.Fprint(std.Out, "\x1b[?1049h\x1b[?25l\x1b[?7l")       // a screen of our own, without cursor, that cuts long lines
		defer fmt.Fprint(std.Out, "\x1b[?7h\x1b[?25h\x1b[?1049l") // and back
	}
	ticker := time.NewTicker(max(c.Every, 100*time.Millisecond))
	defer ticker.Stop()
	var before look
	for n := 0; c.Count == 0 || n < c.Count; n++ {
		if n > 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
		now := look{at: time.Now()}
		var frame bytes.Buffer
		asked, cancel := context.WithTimeout(ctx, 5*time.Second) // one that hangs is shown as such
		now.status, err = client.Status(asked, &adminv1.StatusRequest{})
		cancel()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if n == 0 {
				return shell.DaemonError(dir, err)
			}
			fmt.Fprintf(&frame, "the daemon of %s does not answer; waiting for it\n", dir)
			before = look{}
		} else {
			printTop(&frame, before, now)
			before = now
		}
		if err := draw(std.Out, frame.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// rowsOf is how many lines the terminal has now; 0 when it does not tell.
func rowsOf(screen *os.File) int {
	size, err := unix.IoctlGetWinsize(int(screen.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Row)
}

// fullFrame draws over the frame before, so that nothing flickers. What has no room in so many rows is counted: a terminal that
// scrolls would show the end of one frame over the beginning of another.
func fullFrame(w io.Writer, frame []byte, rows int) error {
	lines := strings.Split(strings.TrimRight(string(frame), "\n"), "\n")
	if rows > 1 && len(lines) > rows {
		lines = append(lines[:rows-1:rows-1], fmt.Sprintf("… %d more lines: the terminal is too low", len(lines)-rows+1))
	}
	_, err := io.WriteString(w, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
	return err
}

func plainFrame(w io.Writer, frame []byte) error {
	_, err := w.Write(append(frame, '\n'))
	return err
}

// look is one status and when it was taken.
type look struct {
	at     time.Time
	status *adminv1.StatusResponse
}

// perSecond is how fast a count grew between two looks; a dash when there was no look before, or the daemon began anew.
func perSecond(before, now look, count func(*adminv1.StatusResponse) uint64) string {
	rate, ok := rateOf(before, now, count)
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.0f", rate)
}

func rateOf(before, now look, count func(*adminv1.StatusResponse) uint64) (float64, bool) {
	if before.status == nil || before.status.GetStartedUnix() != now.status.GetStartedUnix() {
		return 0, false
	}
	was, is := count(before.status), count(now.status)
	seconds := now.at.Sub(before.at).Seconds()
	if is < was || seconds <= 0 {
		return 0, false
	}
	return float64(is-was) / seconds, true
}

func printTop(w io.Writer, before, now look) {
	s := now.status
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	up := now.at.Sub(time.Unix(s.GetStartedUnix(), 0)).Round(time.Second)
	fmt.Fprintf(t, "weir %s, up %s, %s\n", s.GetVersion(), up, now.at.UTC().Format(time.TimeOnly))
	fmt.Fprintf(t, "complete to slot %s, missing slots %d, records %d (%s/s), journal %.1f MiB\n\n", slotOrDash(s.GetJournal().GetCompleteSlot()), s.GetGaps().GetMissingSlots(),
		s.GetJournal().GetLastNumber(), perSecond(before, now, func(s *adminv1.StatusResponse) uint64 { return s.GetJournal().GetLastNumber() }), float64(s.GetJournal().GetBytes())/(1<<20))
	for _, a := range s.GetAlerts() { // first: a terminal that is too low cuts the end
		fmt.Fprintf(t, "! %s %s: %s\n", severityWord(a), about(a), words.Plain(a.GetDetail()))
	}
	if len(s.GetAlerts()) > 0 {
		fmt.Fprintln(t)
	}
	fmt.Fprint(t, "CONNECTION\tSTATE\tGROUPS\tSLOT\tUPDATES/S\tMB/S\tLAG\tBREAKER\tOPENS\n")
	for i, c := range s.GetEndpoints() {
		fmt.Fprintf(t, "%d %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d of %d\n", c.GetConnection(), c.GetName(), c.GetState(), words.Dash(strings.Join(c.GetGroups(), ",")), slotOrDash(c.GetSlot()),
			perSecond(before, now, func(s *adminv1.StatusResponse) uint64 { return nth(s.GetEndpoints(), i).GetUpdates() }),
			megabytes(rateOf(before, now, func(s *adminv1.StatusResponse) uint64 { return nth(s.GetEndpoints(), i).GetBytes() })),
			lagOf(c), c.GetBreaker(), c.GetOpensUsed(), c.GetOpensLimit())
	}
	fmt.Fprint(t, "\nSTAGE\tIN/S\tOUT/S\tP50\tP99\tMAX\n")
	for i, st := range s.GetStages() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", st.GetName(), perSecond(before, now, func(s *adminv1.StatusResponse) uint64 { return nth(s.GetStages(), i).GetIn() }),
			perSecond(before, now, func(s *adminv1.StatusResponse) uint64 { return nth(s.GetStages(), i).GetOut() }),
			microsOrDash(st.GetLatency().P50Micros), microsOrDash(st.GetLatency().P99Micros), microsOrDash(st.GetLatency().MaxMicros))
	}
	fmt.Fprint(t, "\nMONITOR\tSTATE\tEVENTS/S\tBEHIND\tLEFT\tSTARTS\tLAST CRASH\n")
	for _, p := range s.GetPlugins() {
		earlier := before
		if before.status != nil && monitorOf(before.status, p.GetInstance()) == nil {
			earlier = look{} // it was installed since
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%d\t%.60s\n", p.GetInstance(), p.GetState(), perSecond(earlier, now, func(s *adminv1.StatusResponse) uint64 { return monitorOf(s, p.GetInstance()).GetOutputs() }),
			p.GetLag(), leftOf(earlier, now, p.GetInstance()), p.GetStarts(), words.Dash(p.GetLastCrash()))
	}
	_ = t.Flush() // into memory
}

// nth is an element of a list that may have changed since; nil, which has only zeros, when it is gone.
func nth[T any](list []*T, i int) *T {
	if i >= len(list) {
		return nil
	}
	return list[i]
}

func megabytes(rate float64, ok bool) string {
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.2f", rate/1e6)
}

func lagOf(c *adminv1.EndpointStatus) string {
	if c.LagMicros == nil {
		return "-"
	}
	return (time.Duration(c.GetLagMicros()) * time.Microsecond).Round(100 * time.Microsecond).String()
}

func microsOrDash(n *uint64) string {
	if n == nil {
		return "-"
	}
	return (time.Duration(*n) * time.Microsecond).String()
}

// monitorOf finds a monitor by its name, since its place changes with what is installed; nil when there is none.
func monitorOf(s *adminv1.StatusResponse, instance string) *adminv1.PluginStatus {
	for _, p := range s.GetPlugins() {
		if p.GetInstance() == instance {
			return p
		}
	}
	return nil
}

// leftOf says how long a monitor that is behind still needs, by how fast it came nearer since the look before.
func leftOf(before, now look, instance string) string {
	behind := monitorOf(now.status, instance).GetLag()
	if behind == 0 {
		return "-"
	}
	if before.status == nil {
		return "?"
	}
	was := monitorOf(before.status, instance).GetLag()
	if was <= behind {
		return "does not catch up"
	}
	nearer := float64(was-behind) / now.at.Sub(before.at).Seconds()
	return time.Duration(float64(behind) / nearer * float64(time.Second)).Round(100 * time.Millisecond).String()
}
