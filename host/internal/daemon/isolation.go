package daemon

import (
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor/process"
)

func isolationOf(p config.Plugin, groups *process.Groups) process.Isolation {
	level := process.Level(p.Isolation)
	if p.Isolation == "auto" {
		level = process.Auto
	}
	return process.Isolation{
		Level:  level,
		Groups: groups,
		Limits: process.Limits{Memory: int64(p.Limits.Memory), CPU: p.Limits.CPU, Tasks: p.Limits.Tasks, Files: p.Limits.Files},
	}
}
