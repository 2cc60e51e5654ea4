package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// manifest lists the checkpoints of an instance, newest first. Its row is written by compare-and-set.
type manifest struct {
	Epoch       uint64       `json:"epoch"`
	Checkpoints []Checkpoint `json:"checkpoints"`
}

// objects are the names of all parts.
func (m *manifest) objects() map[string]bool {
	names := map[string]bool{}
	for _, c := range m.Checkpoints {
		for _, p := range c.Parts {
			names[p.Object] = true
		}
	}
	return names
}

// keptCheckpoints is how many of the newest are there to fall back to.
const keptCheckpoints = 3

// shrink drops old checkpoints. Besides the newest it keeps one that shares no part with the newest, so that one damaged part does
// not make all of them useless, and the one that is to take its place.
func (m *manifest) shrink() {
	if len(m.Checkpoints) <= keptCheckpoints {
		return
	}
	newest := map[string]bool{}
	for _, p := range m.Checkpoints[0].Parts {
		newest[p.Object] = true
	}
	shares := func(c Checkpoint) bool {
		return slices.ContainsFunc(c.Parts, func(p *Part) bool { return newest[p.Object] })
	}
	apart := slices.IndexFunc(m.Checkpoints, func(c Checkpoint) bool { return !shares(c) })
	kept := m.Checkpoints[:keptCheckpoints:keptCheckpoints]
	switch {
	case apart < 0: // the oldest is the first to share nothing one day
		kept = append(kept, m.Checkpoints[len(m.Checkpoints)-1])
	case apart > keptCheckpoints:
		kept = append(kept, m.Checkpoints[apart-1], m.Checkpoints[apart])
	case apart == keptCheckpoints:
		kept = append(kept, m.Checkpoints[apart])
	}
	m.Checkpoints = kept
}

// changeManifest changes the manifest by compare-and-set and returns the objects that it no longer names.
func (j *Journal) changeManifest(ctx context.Context, instance string, change func(*manifest) error) ([]string, error) {
	for {
		m, revision, err := j.loadManifest(ctx, instance)
		if err != nil {
			return nil, err
		}
		if err := change(&m); err != nil {
			return nil, err
		}
		dropped := m.objects()
		m.shrink()
		for name := range m.objects() {
			delete(dropped, name)
		}
		value, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		_, err = j.manifest.Update(ctx, instance, value, revision)
		if isWrongSequence(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("write manifest: %s", j.node.explain(err))
		}
		return slices.Collect(maps.Keys(dropped)), nil
	}
}

func (j *Journal) loadManifest(ctx context.Context, instance string) (manifest, uint64, error) {
	var m manifest
	entry, err := j.manifest.Get(ctx, instance)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return m, 0, nil
	}
	if err != nil {
		return m, 0, fmt.Errorf("read manifest of %s: %w", instance, err)
	}
	if err := json.Unmarshal(entry.Value(), &m); err != nil {
		return m, 0, fmt.Errorf("read manifest of %s: %w", instance, err)
	}
	if err := m.readUndivided(entry.Value()); err != nil {
		return m, 0, fmt.Errorf("read manifest of %s: %w", instance, err)
	}
	return m, entry.Revision(), nil
}

// readUndivided fills in the parts of checkpoints from before there were parts: they are their own object.
func (m *manifest) readUndivided(row []byte) error {
	var before struct {
		Checkpoints []Part `json:"checkpoints"`
	}
	if err := json.Unmarshal(row, &before); err != nil {
		return err
	}
	for i, p := range before.Checkpoints {
		if p.Object != "" {
			m.Checkpoints[i].Parts = []*Part{&p}
		}
	}
	return nil
}

// sweepCheckpoints writes the new epoch into the manifest, which refuses earlier owners, and deletes objects of saves that did not
// reach it.
func (j *Journal) sweepCheckpoints(ctx context.Context, instance string, epoch uint64) error {
	var named map[string]bool
	_, err := j.changeManifest(ctx, instance, func(m *manifest) error {
		if m.Epoch > epoch {
			return fmt.Errorf("epoch %d of %s has begun: %w", m.Epoch, instance, ErrFenced)
		}
		m.Epoch, named = epoch, m.objects()
		return nil
	})
	if err != nil {
		return err
	}
	objects, err := j.objectsOf(ctx, instance)
	if err != nil {
		return err
	}
	for _, name := range objects {
		if !named[name] {
			j.dropObjects(ctx, name)
		}
	}
	return nil
}
