package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nuid"
)

// Checkpoint is the state of an instance exactly after a record.
type Checkpoint struct {
	// Epoch of the owner that saves it. 0 is not checked.
	Epoch uint64 `json:"epoch"`
	// Number of the last record in it.
	Number uint64 `json:"number"`
	// Monitor is what the program calls itself; empty in checkpoints of versions that did not note it.
	Monitor string `json:"monitor,omitempty"`
	// StateVersion is the monitor's own version of Data.
	StateVersion uint32 `json:"state_version"`
	// Digest of the plugin's file and ConfigHash of its configuration.
	Digest     string `json:"digest"`
	ConfigHash string `json:"config_hash"`
	// Outputs is the output cursor at Number.
	Outputs Cursor `json:"outputs"`
	// Parts are the state: one that is all of it, or several in the order in which they were saved. Checkpoints share parts.
	Parts []*Part `json:"parts"`
}

// Part is a piece of a state.
type Part struct {
	// Object is where it is stored; empty before that.
	Object string `json:"object"`
	// Size of Data in bytes, and its CRC-32C in hex. Parts of older versions have their SHA256 instead.
	Size   int    `json:"size"`
	Sum    string `json:"sum,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Data of a part that is to be stored, or that LoadCheckpoint returns.
	Data []byte `json:"-"`
}

// Whole makes the parts of a state that is in one piece.
func Whole(state []byte) []*Part { return []*Part{{Data: state}} }

// Size of the state in bytes, all parts together.
func (c Checkpoint) Size() (size int) {
	for _, p := range c.Parts {
		size += max(p.Size, len(p.Data))
	}
	return size
}

// SaveCheckpoint stores a checkpoint; it is durable on return, and the newest. Its parts that are stored already stay where they are,
// if they are of a checkpoint of this instance; the others are stored, and know where on return. All outputs of records up to its
// number must be durable before. ErrFenced when c.Epoch is not the latest. Data of parts must not change afterwards: some is kept.
func (j *Journal) SaveCheckpoint(ctx context.Context, instance string, c Checkpoint) error {
	if err := j.saveCheckpoint(ctx, instance, c); err != nil {
		return fmt.Errorf("save checkpoint of %s at record %d: %w", instance, c.Number, err)
	}
	return nil
}

func (j *Journal) saveCheckpoint(ctx context.Context, instance string, c Checkpoint) error {
	if err := checkName(instance); err != nil {
		return err
	}
	if err := j.node.roomy(); err != nil {
		return err
	}
	c.Parts = slices.Clone(c.Parts)
	fresh, err := j.putParts(ctx, instance, c.Parts)
	if err == nil {
		err = j.enlist(ctx, instance, c, fresh)
	}
	if err != nil {
		for _, p := range fresh {
			j.dropObjects(ctx, p.Object)
			p.Object = ""
		}
		return err
	}
	j.kept.only(instance, c.Parts)
	for _, p := range fresh {
		j.kept.add(p.Object, p.Data)
	}
	return nil
}

// putParts stores the parts that are not stored for this instance, and returns them, also those stored before an error. Parts of
// another instance are replaced by copies.
func (j *Journal) putParts(ctx context.Context, instance string, parts []*Part) (fresh []*Part, err error) {
	for i, p := range parts {
		if strings.HasPrefix(p.Object, instance+".") {
			continue
		}
		if p.Object != "" {
			p = &Part{Data: p.Data}
			parts[i] = p
		}
		p.Object, p.Size, p.Sum = instance+"."+nuid.Next(), len(p.Data), checksum(p.Data)
		fresh = append(fresh, p)
		if err := j.putObject(ctx, p.Object, p.Data); err != nil {
			return fresh, fmt.Errorf("store %d bytes: %s", len(p.Data), j.node.explain(err))
		}
		j.cfg.Step("object")
	}
	return fresh, nil
}

// enlist makes a checkpoint whose parts are stored the newest of the manifest.
func (j *Journal) enlist(ctx context.Context, instance string, c Checkpoint, fresh []*Part) error {
	dropped, err := j.changeManifest(ctx, instance, func(m *manifest) error {
		if c.Epoch != 0 && m.Epoch != c.Epoch {
			return fmt.Errorf("epoch %d of %s is not the latest, %d: %w", c.Epoch, instance, m.Epoch, ErrFenced)
		}
		known := m.objects()
		for _, p := range c.Parts {
			if !known[p.Object] && !slices.Contains(fresh, p) {
				return fmt.Errorf("its part %s is not stored any more", p.Object)
			}
		}
		m.Checkpoints = slices.Insert(m.Checkpoints, 0, c)
		return nil
	})
	if err != nil {
		return err
	}
	j.cfg.Step("manifest")
	j.dropObjects(ctx, dropped...)
	return nil
}

// errDamaged means that a state is not what was saved.
var errDamaged = errors.New("its size or sum is not the one in the manifest")

// Preload reads the newest checkpoint ahead of LoadCheckpoint, which it is given to. Nil, or a part without data, is what could not be
// read: LoadCheckpoint says why.
func (j *Journal) Preload(ctx context.Context, instance string) *Checkpoint {
	m, _, err := j.loadManifest(ctx, instance)
	if err != nil || len(m.Checkpoints) == 0 {
		return nil
	}
	c := m.Checkpoints[0]
	_ = j.loadParts(ctx, c.Parts, nil) // what is missing is read again
	return &c
}

// LoadCheckpoint returns the newest checkpoint whose data is what was saved, nil when there is none. Those that are not are logged
// and passed over. It is an error when there is none and one could not be read: a server that does not answer has lost nothing. Parts
// never change where they are stored, so those that ahead, which may be nil, has data of are not read again; it is theirs from then on.
func (j *Journal) LoadCheckpoint(ctx context.Context, instance string, ahead *Checkpoint) (*Checkpoint, error) {
	if err := checkName(instance); err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	m, _, err := j.loadManifest(ctx, instance)
	if err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	var unread error
	for _, c := range m.Checkpoints {
		err := j.loadParts(ctx, c.Parts, ahead)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("load checkpoint of %s: %w", instance, ctx.Err())
		}
		if err == nil {
			return &c, nil
		}
		if !errors.Is(err, errDamaged) {
			unread = err
		}
		j.cfg.Log.Error("checkpoint is damaged or cannot be read, the one before is taken", "instance", instance, "number", c.Number, "error", err)
	}
	if unread != nil {
		return nil, fmt.Errorf("load checkpoint of %s: %s", instance, j.node.explain(unread))
	}
	if len(m.Checkpoints) > 0 {
		j.cfg.Log.Error("no checkpoint is whole: the state is made again from the records that the journal still has", "instance", instance)
	}
	return nil, nil
}

// loadParts fills in the data of parts and holds it against their sums.
func (j *Journal) loadParts(ctx context.Context, parts []*Part, ahead *Checkpoint) error {
	for i, p := range parts {
		if p.Data = ahead.data(p); p.Data != nil {
			continue
		}
		data, err := j.partData(ctx, p)
		if err != nil {
			return err
		}
		if !p.holds(data) {
			return fmt.Errorf("part %d of %d: %w", i+1, len(parts), errDamaged)
		}
		p.Data = data
		j.kept.add(p.Object, data)
	}
	return nil
}

// partData is that of a stored part, from memory or else from the store.
func (j *Journal) partData(ctx context.Context, p *Part) ([]byte, error) {
	if data := j.kept.get(p.Object); data != nil {
		return data, nil
	}
	return j.getObject(ctx, p.Object, p.Size)
}

// holds says whether data is what was saved. A SHA-256 would take longer than all else that restoring a large state does, and tell no more:
// damage is not deliberate, and who could forge the data could forge its sum.
func (p *Part) holds(data []byte) bool {
	switch {
	case len(data) != p.Size:
		return false
	case p.Sum != "":
		return checksum(data) == p.Sum
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) == p.SHA256
}

// data is that of a part, nil when it was not loaded.
func (c *Checkpoint) data(part *Part) []byte {
	if c == nil {
		return nil
	}
	for _, p := range c.Parts {
		if p.Object == part.Object { // its name is never used again
			return p.Data
		}
	}
	return nil
}
