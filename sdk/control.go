package sdk

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Options of Register.
type Options struct {
	// Log is what Host.Log becomes; nil discards.
	Log *slog.Logger
	// Host answers the monitor's questions; nil means the socket that WEIR_HOST_SOCKET names, or that of a host which is attached.
	Host pluginv1.HostClient
}

// phase is how far the host has come with the calls of Control. The order is that of plugin.proto.
type phase int

const (
	phaseNew        phase = iota
	phaseConfigured       // Configure went well
	phaseRestoring        // Open said that a checkpoint follows
	phaseLoading          // it comes
	phaseReady            // Run may begin
	phaseRunning          // Run is on
	phaseEnded            // Run is over; another Open may come
	phaseClosed
)

var phaseNames = [...]string{"new", "configured", "waiting for Restore", "restoring", "open", "running", "ended", "closed"}

func (p phase) String() string { return phaseNames[p] }

// control serves both services. Its methods may be called at the same time.
type control struct {
	pluginv1.UnimplementedControlServer
	pluginv1.UnimplementedMonitorServer

	newMonitor func(*Host) Monitor
	log        *slog.Logger
	host       pluginv1.HostClient // nil dials
	prototype  Monitor             // only described, never fed

	mu      sync.Mutex // guards all below
	phase   phase
	config  []byte
	used    bool // work has been opened before
	work    *work
	epoch   uint64
	version uint32 // of the checkpoint to restore
	restore uint64 // its name
}

func register(server grpc.ServiceRegistrar, newMonitor func(*Host) Monitor, options Options) (func() error, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	c := &control{newMonitor: newMonitor, log: options.Log, host: options.Host}
	c.prototype = newMonitor(&Host{Log: options.Log, out: &outbox{}}).withDefaults()
	if err := c.prototype.check(); err != nil {
		return nil, err
	}
	pluginv1.RegisterControlServer(server, c)
	pluginv1.RegisterMonitorServer(server, c)
	return func() error { return c.close(context.Background()) }, nil
}

// Configure implements pluginv1.ControlServer.
func (c *control) Configure(_ context.Context, in *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, err := c.create(in.GetConfig())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if in.GetValidateOnly() {
		return &pluginv1.ConfigureResponse{}, nil
	}
	if c.phase == phaseEnded { // the next Open makes a monitor of it
		c.config = bytes.Clone(in.GetConfig())
		return &pluginv1.ConfigureResponse{}, nil
	}
	if c.phase > phaseConfigured {
		return nil, c.outOfOrder("Configure")
	}
	c.work, c.config, c.phase = w, bytes.Clone(in.GetConfig()), phaseConfigured
	return &pluginv1.ConfigureResponse{}, nil
}

// create makes a monitor that has seen nothing but its configuration.
func (c *control) create(config []byte) (*work, error) {
	host := &Host{Log: c.log, out: &outbox{}, questions: asks(c.host)}
	m := c.newMonitor(host).withDefaults()
	if err := configure(m.Config, config); err != nil {
		return nil, err
	}
	if m.Check != nil {
		if err := m.Check(); err != nil {
			return nil, err
		}
	}
	return newWork(m, host), nil
}

// Open implements pluginv1.ControlServer.
func (c *control) Open(_ context.Context, in *pluginv1.OpenRequest) (*pluginv1.OpenResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseConfigured && c.phase != phaseEnded {
		return nil, c.outOfOrder("Open")
	}
	if in.GetEpoch() <= c.epoch {
		return nil, status.Errorf(codes.FailedPrecondition, "epoch %d is not above epoch %d", in.GetEpoch(), c.epoch)
	}
	if in.GetHasCheckpoint() {
		if err := checkStateVersion(c.prototype, in.GetStateVersion()); err != nil {
			return nil, status.Error(codes.FailedPrecondition, err.Error())
		}
	}
	if c.used {
		// What an earlier epoch left in memory is not what the checkpoint holds.
		if err := c.work.close(); err != nil {
			c.log.Warn("close the monitor of an earlier epoch", "epoch", c.epoch, "error", err.Error())
		}
		w, err := c.create(c.config)
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		c.work = w
	}
	c.used, c.epoch, c.version, c.restore, c.phase = true, in.GetEpoch(), in.GetStateVersion(), in.GetCheckpoint(), phaseReady
	if in.GetHasCheckpoint() {
		c.phase = phaseRestoring
	}
	c.work.open(in)
	return &pluginv1.OpenResponse{}, nil
}

// Restore implements pluginv1.ControlServer.
func (c *control) Restore(stream grpc.ClientStreamingServer[pluginv1.RestoreRequest, pluginv1.RestoreResponse]) error {
	collect := collectRarely()
	defer func() { collect() }()
	c.mu.Lock()
	if c.phase != phaseRestoring {
		defer c.mu.Unlock()
		return c.outOfOrder("Restore")
	}
	w, version := c.work, c.version
	c.phase = phaseLoading
	c.mu.Unlock()

	parts := receiveParts(stream)
	wrong := loadState(w.monitor, version, parts.all)
	size, err := parts.wait()

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != phaseLoading {
		return c.outOfOrder("Restore")
	}
	if wrong != nil {
		wrong = status.Error(codes.DataLoss, wrong.Error())
	}
	if err := cmp.Or(err, wrong); err != nil {
		c.phase = phaseEnded // half restored: only a new Open helps
		return err
	}
	w.stateBytes.Store(uint64(size))
	if version == w.monitor.StateVersion {
		w.checkpoint = c.restore
	}
	c.phase = phaseReady
	w.settled, collect = collect, func() {} // not before it is settled
	return stream.SendAndClose(&pluginv1.RestoreResponse{})
}

// Run implements pluginv1.MonitorServer.
func (c *control) Run(stream grpc.BidiStreamingServer[pluginv1.HostFrame, pluginv1.PluginFrame]) error {
	c.mu.Lock()
	if c.phase != phaseReady {
		defer c.mu.Unlock()
		return c.outOfOrder("Run")
	}
	c.phase = phaseRunning
	w := c.work
	c.mu.Unlock()

	err := w.run(stream)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseRunning {
		c.phase = phaseEnded
	}
	return err
}

// current is the work at hand; nil before Configure.
func (c *control) current() *work {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.work
}

// Health implements pluginv1.ControlServer.
func (c *control) Health(context.Context, *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	w := c.current()
	if w == nil {
		return &pluginv1.HealthResponse{}, nil
	}
	return &pluginv1.HealthResponse{Through: w.through.Load(), Trouble: w.troubleText()}, nil
}

// CollectMetrics implements pluginv1.ControlServer.
func (c *control) CollectMetrics(context.Context, *pluginv1.CollectMetricsRequest) (*pluginv1.CollectMetricsResponse, error) {
	w := c.current()
	if w == nil {
		return &pluginv1.CollectMetricsResponse{}, nil
	}
	return &pluginv1.CollectMetricsResponse{Text: w.metricsText()}, nil
}

// Drain implements pluginv1.ControlServer.
func (c *control) Drain(ctx context.Context, _ *pluginv1.DrainRequest) (*pluginv1.DrainResponse, error) {
	w := c.current()
	if w == nil {
		return &pluginv1.DrainResponse{}, nil
	}
	through, err := w.drain(ctx)
	if err != nil {
		return nil, err
	}
	return &pluginv1.DrainResponse{Through: through}, nil
}

// Close implements pluginv1.ControlServer.
func (c *control) Close(ctx context.Context, _ *pluginv1.CloseRequest) (*pluginv1.CloseResponse, error) {
	if err := c.close(ctx); err != nil {
		return nil, err
	}
	return &pluginv1.CloseResponse{}, nil
}

// close stops the work and closes the monitor. Twice is safe.
func (c *control) close(ctx context.Context) error {
	c.mu.Lock()
	w, closed := c.work, c.phase == phaseClosed || c.phase == phaseLoading // a state that half came has nothing to be freed
	c.phase = phaseClosed
	c.mu.Unlock()
	if w == nil || closed {
		return nil
	}
	if _, err := w.drain(ctx); err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return status.Errorf(codes.Internal, "close %s: %v", w.monitor.Name, err)
	}
	return nil
}

func (c *control) outOfOrder(call string) error {
	return status.Errorf(codes.FailedPrecondition, "%s is out of order: the monitor is %s", call, c.phase)
}
