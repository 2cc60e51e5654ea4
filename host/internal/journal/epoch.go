package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// Acquire makes the caller the owner of an instance and returns its epoch, higher than all before. Whoever held it is refused from
// then on: see Outputs and SaveCheckpoint.
func (j *Journal) Acquire(ctx context.Context, instance string) (uint64, error) {
	if err := checkName(instance); err != nil {
		return 0, err
	}
	for {
		epoch, revision, err := j.epochOf(ctx, instance)
		if err != nil {
			return 0, fmt.Errorf("acquire %s: %w", instance, err)
		}
		_, err = j.epochs.Update(ctx, instance, strconv.AppendUint(nil, epoch+1, 10), revision)
		if isWrongSequence(err) {
			continue // another owner came first: go after it
		}
		if err != nil {
			return 0, fmt.Errorf("acquire %s: %s", instance, j.node.explain(err))
		}
		j.cfg.Step("epoch")
		if err := j.sweepCheckpoints(ctx, instance, epoch+1); err != nil {
			return 0, fmt.Errorf("acquire %s: %w", instance, err)
		}
		j.cfg.Step("swept")
		return epoch + 1, nil
	}
}

// epochOf returns the latest epoch, 0 when there was none, and the revision of its row.
func (j *Journal) epochOf(ctx context.Context, instance string) (epoch, revision uint64, err error) {
	entry, err := j.epochs.Get(ctx, instance)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read epoch of %s: %w", instance, err)
	}
	epoch, err = strconv.ParseUint(string(entry.Value()), 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("read epoch of %s: %w", instance, err)
	}
	return epoch, entry.Revision(), nil
}

// checkEpoch fails with ErrFenced unless epoch is the latest.
func (j *Journal) checkEpoch(ctx context.Context, instance string, epoch uint64) error {
	latest, _, err := j.epochOf(ctx, instance)
	if err != nil {
		return err
	}
	if latest != epoch {
		return fmt.Errorf("epoch %d of %s is not the latest, %d: %w", epoch, instance, latest, ErrFenced)
	}
	return nil
}
