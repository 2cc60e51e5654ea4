package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// Wait implements runner.AttachedRunner.
func (p *process) Wait(ctx context.Context) error {
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stdout implements runner.Runner: one line, then the end.
func (p *process) Stdout() io.ReadCloser { return p.hello }

// Stderr implements runner.Runner. It is empty: go-plugin's parser of log lines panics on JSON that it does not expect.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (p *process) Name() string { return p.program.path }

// ID implements runner.AttachedRunner.
func (p *process) ID() string { return strconv.Itoa(p.lastPID()) }

// Diagnose implements runner.Runner. launch has better words.
func (p *process) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.AddrTranslator. A plugin may only be reached in the folder that was made for it.
func (p *process) PluginToHost(network, address string) (hostNet, hostAddr string, err error) {
	if network != "unix" || filepath.Dir(address) != p.dir {
		return "", "", fmt.Errorf("it listens on %s %s instead of a socket in %s", network, address, p.dir)
	}
	p.mu.Lock()
	p.address = address
	p.mu.Unlock()
	return network, address, nil
}

// dial connects to the plugin's socket and makes sure that it is the plugin which answers. It takes the place of go-plugin's own.
func (p *process) dial(ctx context.Context, _ string) (net.Conn, error) {
	p.mu.Lock()
	address, pid := p.address, p.pid
	p.mu.Unlock()
	if pid == 0 && p.isolation.effective() != L0 { // whoever answers there now is not it, and that is not its doing
		return nil, fmt.Errorf("plugin %s is gone", p.program.path)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", address)
	if err != nil || p.isolation.effective() == L0 {
		return conn, err
	}
	if err := checkPeer(conn, pid, "answers on"); err != nil {
		p.condemn(Offence{Stranger, err.Error()})
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// HostToPlugin implements runner.AddrTranslator.
func (p *process) HostToPlugin(network, address string) (pluginNet, pluginAddr string, err error) {
	return network, address, nil
}
