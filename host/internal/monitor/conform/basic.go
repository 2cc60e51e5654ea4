package conform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

var monitorName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// with runs a process for a function.
func (k *kit) with(ctx context.Context, use func(*run) error) error {
	r, err := k.begin(ctx, saved{})
	if err != nil {
		return err
	}
	return errors.Join(use(r), r.end(ctx))
}

func (k *kit) start(ctx context.Context) error {
	began := time.Now()
	r, err := k.launch(ctx)
	if err != nil {
		return err
	}
	k.note = fmt.Sprintf("%s to the handshake", time.Since(began).Round(time.Millisecond))
	return r.end(ctx)
}

func (k *kit) describe(ctx context.Context) (err error) {
	r, err := k.launch(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.end(ctx)) }()
	var before *pluginv1.DescribeResponse
	for range 2 {
		call, cancel := context.WithTimeout(ctx, answerLimit)
		d, err := r.Control.Describe(call, &pluginv1.DescribeRequest{})
		cancel()
		if err != nil {
			return fmt.Errorf("describe: %w", err)
		}
		if before != nil && !proto.Equal(before, d) {
			return fmt.Errorf("the second answer differs: %v, then %v", before, d)
		}
		before = d
	}
	k.described = before
	k.note = fmt.Sprintf("%s %s, %s", before.GetName(), before.GetVersion(), before.GetSdk())
	if k.Records == nil {
		k.Records = market()
	}
	k.last = uint64(len(k.Records))
	if k.journal, err = envelopes(k.Records, before); err != nil {
		return err
	}
	if k.whole, err = envelopes(k.Records, &pluginv1.DescribeResponse{}); err != nil {
		return err
	}
	return k.judgeDescription()
}

func (k *kit) judgeDescription() error {
	d := k.described
	if !monitorName.MatchString(d.GetName()) {
		return fmt.Errorf("name %q: use lower case letters, digits and dashes", d.GetName())
	}
	if d.GetVersion() == "" {
		return errors.New("version is empty")
	}
	if d.GetStateReadsMin() > d.GetStateWrites() {
		return fmt.Errorf("reads states from version %d on, but writes %d", d.GetStateReadsMin(), d.GetStateWrites())
	}
	if d.GetConfigSchema() == "" {
		return nil
	}
	var schema struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal([]byte(d.GetConfigSchema()), &schema); err != nil {
		return fmt.Errorf("config_schema is not JSON: %w", err)
	}
	if schema.Type != "object" {
		return fmt.Errorf("config_schema is of type %q: a configuration is an object", schema.Type)
	}
	return nil
}

func (k *kit) config(ctx context.Context) (err error) {
	r, err := k.launch(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.end(ctx)) }()
	configure := func(settings string, only bool) error {
		call, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err := r.Control.Configure(call, &pluginv1.ConfigureRequest{Config: []byte(settings), ValidateOnly: only})
		return err
	}
	for _, wrong := range []string{"{", "[]", `"text"`, `{"weir conform: no such key":1}`} {
		if code := status.Code(configure(wrong, true)); code != codes.InvalidArgument {
			return fmt.Errorf("configuration %s was answered with %s, want InvalidArgument", wrong, code)
		}
	}
	for _, only := range []bool{true, false} {
		if err := configure(string(k.Settings), only); err != nil {
			return fmt.Errorf("its configuration %q was refused: %w", k.Settings, err)
		}
	}
	return nil
}

func (k *kit) records(ctx context.Context) error {
	if len(k.journal) == 0 {
		return errors.New("wants none of the records: look at kinds and venues of Describe")
	}
	return k.with(ctx, func(r *run) error {
		began := time.Now()
		if err := r.feed(k.last, 64); err != nil {
			return err
		}
		k.note = fmt.Sprintf("%d of %d records, %d outputs, %d refused, %.0f records/s", len(k.journal), k.last, len(r.outputs), len(r.errors),
			float64(len(k.journal))/time.Since(began).Seconds())
		if err := r.snapshot(1); err != nil {
			return err
		}
		k.reference = r
		return nil
	})
}

func (k *kit) health(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		call, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		h, err := r.Control.Health(call, &pluginv1.HealthRequest{})
		if err != nil {
			return fmt.Errorf("health: %w", err)
		}
		if h.GetThrough() != r.through {
			return fmt.Errorf("health says through %d, outputs said %d", h.GetThrough(), r.through)
		}
		if _, err = r.Control.CollectMetrics(call, &pluginv1.CollectMetricsRequest{}); err != nil {
			return fmt.Errorf("collect metrics: %w", err)
		}
		return nil
	})
}

func (k *kit) drain(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last, 64); err != nil {
			return err
		}
		call, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		d, err := r.Control.Drain(call, &pluginv1.DrainRequest{})
		if err != nil {
			return fmt.Errorf("drain: %w", err)
		}
		if d.GetThrough() != r.through {
			return fmt.Errorf("drain says through %d, outputs said %d", d.GetThrough(), r.through)
		}
		if _, err := r.Control.Close(call, &pluginv1.CloseRequest{}); err != nil {
			return fmt.Errorf("close: %w", err)
		}
		r.cancel()
		if err := r.Terminate(); err != nil {
			return fmt.Errorf("terminate: %w", err)
		}
		select {
		case <-r.Exited():
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("still runs 10 s after Close and SIGTERM")
		}
	})
}
