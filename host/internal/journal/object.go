package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// objectChunk is how much of an object lies in one message.
const objectChunk = 256 << 10

// An object is a run of messages of one subject in the stream of checkpoints. NATS has an object store, but it leaves a mark behind
// for every object deleted, for ever, and its client a goroutine now and then.

func (j *Journal) putObject(ctx context.Context, name string, data []byte) error {
	for start := 0; start < len(data); start += objectChunk {
		chunk := data[start:min(start+objectChunk, len(data))]
		if _, err := j.node.js.Publish(ctx, checkpointsPrefix+name, chunk); err != nil {
			return err
		}
	}
	return nil
}

// getObject reads an object of known size. What is missing makes it shorter, which its checksum tells.
func (j *Journal) getObject(ctx context.Context, name string, size int) ([]byte, error) {
	data := make([]byte, 0, size)
	for seq := uint64(1); len(data) < size; {
		m, err := j.ckpts.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(checkpointsPrefix+name))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return data, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read object %s: %w", name, err)
		}
		data = append(data, m.Data...)
		seq = m.Sequence + 1
	}
	return data, nil
}

// objectsOf lists the objects of an instance.
func (j *Journal) objectsOf(ctx context.Context, instance string) ([]string, error) {
	info, err := j.ckpts.Info(ctx, jetstream.WithSubjectFilter(checkpointsPrefix+instance+".*"))
	if err != nil {
		return nil, fmt.Errorf("list checkpoints of %s: %w", instance, err)
	}
	names := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		names = append(names, strings.TrimPrefix(subject, checkpointsPrefix))
	}
	return names, nil
}

// dropObjects deletes objects that nothing names any more. What stays behind is swept at the next Acquire.
func (j *Journal) dropObjects(ctx context.Context, names ...string) {
	for _, name := range names {
		if err := j.ckpts.Purge(ctx, jetstream.WithPurgeSubject(checkpointsPrefix+name)); err != nil {
			j.cfg.Log.Debug("old checkpoint not deleted", "object", name, "error", err)
		}
	}
}
