package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/ask"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Questions says where a plugin's questions are answered from (decision 0007).
type Questions struct {
	// Tokens tells of tokens. Nil: there is no socket for questions.
	Tokens ask.Tokens
	// Shown takes metrics of plugins; nil shows none.
	Shown *ask.Shown

	meters *ask.Meters // of the instance
}

// Asked counts what the plugin asked.
func (i *Instance) Asked() *ask.Meters { return &i.asked }

// answers is the host's end of a plugin's questions. The zero value answers none.
type answers struct {
	listener net.Listener
	server   *ask.Server
}

// hostSocket is the name of the socket in the folder of the plugin's own.
const hostSocket = "host"

// listen returns what opens the socket; nil where no questions are answered.
func (a *answers) listen(ctx context.Context, q Questions) func(dir string) (string, error) {
	if q.Tokens == nil {
		return nil
	}
	return func(dir string) (path string, err error) {
		path = filepath.Join(dir, hostSocket)
		if a.listener, err = new(net.ListenConfig).Listen(ctx, "unix", path); err != nil {
			return "", fmt.Errorf("open the host's socket for a plugin: %w", err)
		}
		return path, nil
	}
}

func (a *answers) close() error {
	if a.server != nil {
		a.server.Close()
	}
	if a.listener == nil {
		return nil
	}
	if err := a.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the host's socket for a plugin: %w", err)
	}
	return nil
}

func (s *session) serveQuestions() {
	if s.answers.listener == nil {
		return
	}
	q := s.cfg.Questions
	s.answers.server = ask.New(ask.Config{
		Instance: s.cfg.Instance, Tokens: q.Tokens, Admits: s.Admits, Log: s.cfg.Log, Shown: q.Shown, Meters: q.meters,
		Frames: func(after uint64) ask.Frames { return s.journal.Frames(after) },
	})
	s.answers.server.Serve(s.answers.listener)
}

// openQuestions lets the plugin ask about what the lane sends.
func (s *session) openQuestions() {
	if s.answers.server != nil {
		s.answers.server.Open(s.epoch, s.birth, s.lane.promised.Load, s.lane.standby.Load)
	}
}

func (s *session) endQuestions() {
	if err := s.answers.close(); err != nil {
		s.cfg.Log.Warn("plugin was not cleaned up", "error", err)
	}
	if shown := s.cfg.Questions.Shown; shown != nil {
		shown.Forget(s.cfg.Instance)
	}
}

// metricsEvery is the time between two times that a plugin's metrics are collected.
const metricsEvery = 15 * time.Second

// collect fetches the plugin's metrics now and then. What it does not give, or gives wrong, is only said.
func (l *lane) collect(ctx context.Context) error {
	shown := l.cfg.Questions.Shown
	if shown == nil {
		return nil
	}
	said := ""
	for wait := time.Second; pause(ctx, wait) == nil; wait = metricsEvery {
		if l.standby.Load() {
			continue
		}
		call, cancel := context.WithTimeout(ctx, l.cfg.HealthTimeout)
		report, err := l.control.CollectMetrics(call, &pluginv1.CollectMetricsRequest{})
		cancel()
		if err == nil {
			err = shown.Report(l.cfg.Instance, ask.Collected, report.GetText())
		}
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			l.log.Warn("metrics of the plugin are not shown", "error", err)
		}
	}
	return nil
}
