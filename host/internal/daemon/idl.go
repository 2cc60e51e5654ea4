package daemon

import (
	"fmt"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/pool"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// initIDL reads the dropped-in IDLs, where there is a folder for them.
func (d *Daemon) initIDL() (err error) {
	if d.cfg.IDLDir == "" {
		return nil
	}
	d.idl, err = idl.Open(idl.FolderConfig{Dir: d.cfg.IDLDir, Log: d.log.With("room", "idl")})
	if err != nil {
		return fmt.Errorf("idl_dir: %w", err)
	}
	return nil
}

// programs gives the decoder the IDLs of the moment; nil without a folder.
func (d *Daemon) programs() func() *idl.Set {
	if d.idl == nil {
		return nil
	}
	return d.idl.Set
}

// venues are the programs that the configuration watches.
func (d *Daemon) venues() (out []dex.Key) {
	for _, g := range d.cfg.Groups {
		for _, program := range g.Programs {
			out = append(out, config.Programs[program])
		}
	}
	return out
}

// groups are the subscriptions for what plugins want, and for the programs that have an IDL. Those are subscribed whether a plugin asks
// for them or not: whoever drops an IDL in wants its records in the journal.
func (d *Daemon) groups(wants []want) []pool.Group {
	out := groupsFor(d.cfg.Groups, wants)
	if d.idl == nil {
		return out
	}
	if programs := d.idl.Programs(); len(programs) > 0 {
		out = append(out, pool.Group{Name: config.IDLGroup, Priority: priorities[config.Low], Programs: programs, Quiet: -1})
	}
	return out
}

// idlStatus is nil without a folder.
func (d *Daemon) idlStatus() *adminv1.IdlStatus {
	if d.idl == nil {
		return nil
	}
	s := &adminv1.IdlStatus{Dir: d.cfg.IDLDir, Programs: d.idl.Programs()}
	for _, problem := range d.idl.Problems() {
		s.Problems = append(s.Problems, problem.Error())
	}
	return s
}
