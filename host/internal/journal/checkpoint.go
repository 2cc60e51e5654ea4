package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
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
	// Data is the state.
	Data []byte `json:"-"`
}

// manifest lists the checkpoints of an instance, newest first. Its row is written by compare-and-set.
type manifest struct {
	Epoch       uint64        `json:"epoch"`
	Checkpoints []savedObject `json:"checkpoints"`
}

// savedObject is a checkpoint whose data lies in an object.
type savedObject struct {
	Checkpoint

	Object string `json:"object"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// keptCheckpoints is how many are there to fall back to.
const keptCheckpoints = 3

// SaveCheckpoint stores a checkpoint; it is durable on return, and the newest. All outputs of records up to its number must be
// durable before. ErrFenced when c.Epoch is not the latest.
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
	sum := sha256.Sum256(c.Data)
	saved := savedObject{Checkpoint: c, Object: instance + "." + nuid.Next(), Size: len(c.Data), SHA256: hex.EncodeToString(sum[:])}
	saved.Data = nil
	if err := j.putObject(ctx, saved.Object, c.Data); err != nil {
		return fmt.Errorf("store %d bytes: %s", len(c.Data), j.node.explain(err))
	}
	dropped, err := j.changeManifest(ctx, instance, func(m *manifest) error {
		if c.Epoch != 0 && m.Epoch != c.Epoch {
			return fmt.Errorf("epoch %d of %s is not the latest, %d: %w", c.Epoch, instance, m.Epoch, ErrFenced)
		}
		m.Checkpoints = slices.Insert(m.Checkpoints, 0, saved)
		return nil
	})
	if err != nil {
		j.dropObjects(ctx, saved.Object)
		return err
	}
	j.dropObjects(ctx, dropped...)
	return nil
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
		var dropped []string
		for len(m.Checkpoints) > keptCheckpoints {
			dropped = append(dropped, m.Checkpoints[len(m.Checkpoints)-1].Object)
			m.Checkpoints = m.Checkpoints[:len(m.Checkpoints)-1]
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
		return dropped, nil
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
	return m, entry.Revision(), nil
}

// LoadCheckpoint returns the newest checkpoint whose data is what was saved, nil when there is none. Those that are not are logged
// and passed over.
func (j *Journal) LoadCheckpoint(ctx context.Context, instance string) (*Checkpoint, error) {
	if err := checkName(instance); err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	m, _, err := j.loadManifest(ctx, instance)
	if err != nil {
		return nil, fmt.Errorf("load checkpoint: %w", err)
	}
	for _, saved := range m.Checkpoints {
		data, err := j.getObject(ctx, saved.Object, saved.Size)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("load checkpoint of %s: %w", instance, ctx.Err())
		}
		if sum := sha256.Sum256(data); err == nil && hex.EncodeToString(sum[:]) != saved.SHA256 {
			err = errors.New("its sha256 is not the one in the manifest")
		}
		if err != nil {
			j.cfg.Log.Error("checkpoint is damaged, the one before is taken", "instance", instance, "number", saved.Number, "error", err)
			continue
		}
		saved.Data = data
		return &saved.Checkpoint, nil
	}
	return nil, nil
}

// sweepCheckpoints writes the new epoch into the manifest, which refuses earlier owners, and deletes objects of saves that did not
// reach it.
func (j *Journal) sweepCheckpoints(ctx context.Context, instance string, epoch uint64) error {
	var named []string
	_, err := j.changeManifest(ctx, instance, func(m *manifest) error {
		if m.Epoch > epoch {
			return fmt.Errorf("epoch %d of %s has begun: %w", m.Epoch, instance, ErrFenced)
		}
		m.Epoch, named = epoch, nil
		for _, c := range m.Checkpoints {
			named = append(named, c.Object)
		}
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
		if !slices.Contains(named, name) {
			j.dropObjects(ctx, name)
		}
	}
	return nil
}
