package daemon

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// instance finds a configured plugin. The error is a status with the names that there are.
func (d *Daemon) instance(name string) (*member, error) {
	var names []string
	for _, m := range d.roster.all() {
		if m.Name() == name {
			return m, nil
		}
		names = append(names, m.Name())
	}
	slices.Sort(names)
	return nil, status.Errorf(codes.NotFound, "no plugin is named %q; there are: %s", name, strings.Join(names, ", "))
}

// ResumePlugin starts a plugin that waits for an operator; see admin.PluginSource.
func (d *Daemon) ResumePlugin(name string) (*adminv1.ResumePluginResponse, error) {
	m, err := d.instance(name)
	if err != nil {
		return nil, err
	}
	was, ok := m.Resume()
	if !ok {
		return nil, status.Errorf(codes.FailedPrecondition, "plugin %s is %s: there is nothing to resume", name, was)
	}
	return &adminv1.ResumePluginResponse{State: was.String()}, nil
}

// PluginCrash tells what is known of a plugin's crashes; see admin.PluginSource.
func (d *Daemon) PluginCrash(ctx context.Context, name string) (*adminv1.PluginCrashResponse, error) {
	m, err := d.instance(name)
	if err != nil {
		return nil, err
	}
	letters, err := m.DeadLetters(ctx)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	out := &adminv1.PluginCrashResponse{}
	if c := m.Status().Crash; c != nil {
		out.Crash = &adminv1.Crash{
			Cause: string(c.Cause), Detail: c.Detail, Stack: c.Stack, AtUnixNanos: c.At.UnixNano(), Through: c.Through, Sent: c.Sent,
			Frames: c.Frames, Version: c.Version,
		}
	}
	for _, l := range letters {
		out.DeadLetters = append(out.DeadLetters, &adminv1.DeadLetter{
			Number: l.Number, Reason: l.Reason, Detail: l.Detail, AtUnixNanos: l.At.UnixNano(),
		})
	}
	return out, nil
}
