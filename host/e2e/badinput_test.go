package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
)

func TestUnreachableEndpointIsTriedAgain(t *testing.T) {
	l := listenAndClose(t)
	file, data := configure(t, "http://"+l)
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "two tries that name the endpoint", func() bool {
		return strings.Count(p.err.String(), l) >= 2
	})
	_, text, _ := run(t, "status", "--data-dir", data)
	if !strings.Contains(text, "waiting") && !strings.Contains(text, "connecting") {
		t.Errorf("status says %s", text)
	}
	c := serveAt(t, l, 7, 40)
	verifyQuiet(t, c, data)
}

func TestWrongTokenEndsWithTheRemedy(t *testing.T) {
	c := &chain{slots: 10, left: 10, inner: market.New(market.Options{Seed: 1})}
	c.server = geysersim.New(geysersim.Options{Source: c, Tokens: []string{"right"}})
	c.listen(t, "127.0.0.1:0")
	file, _ := configure(t, c.url)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "name: sim,", "name: sim, token: wrong,", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	if code := p.exit(t, 20*time.Second); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"token", "sim", "refused", "token_file"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("%q is not said", want)
		}
	}
	if strings.Contains(p.err.String(), "wrong") {
		t.Error("the token is in the log")
	}
}

func TestPluginThatIsNoneStopsNobodyElse(t *testing.T) {
	c := serve(t, 5, 60)
	file, data := configure(t, c.url)
	script := filepath.Join(t.TempDir(), "notaplugin")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho hello\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	appendTo(t, file, fmt.Sprintf("  - {name: script, path: %s}\n  - {name: refused, path: %s, config: {no_such_key: 1}}\n", script, filepath.Join(bin, "weir-trading")))
	p := start(t, "run", "--config", file)
	verifyQuiet(t, c, data)
	eventually(t, 20*time.Second, "both are told", func() bool {
		_, text, _ := run(t, "status", "--json", "--data-dir", data)
		return strings.Contains(text, "rejected") && strings.Contains(text, "config_error") && strings.Contains(text, "no_such_key")
	})
	if !strings.Contains(p.err.String(), script) {
		t.Error("the log does not name the script")
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestPluginThatDoesNotExistStopsNobodyElse(t *testing.T) {
	c := serve(t, 5, 40)
	file, data := configure(t, c.url)
	appendTo(t, file, "  - {name: gone, path: ./gone}\n")
	p := start(t, "run", "--config", file)
	verifyQuiet(t, c, data)
	eventually(t, 20*time.Second, "the missing one is told", func() bool {
		_, text, _ := run(t, "status", "--data-dir", data)
		return strings.Contains(text, "! gone is rejected") && strings.Contains(text, "./gone does not exist")
	})
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestSecondDaemonOnTheSameFolderIsRefused(t *testing.T) {
	c := serve(t, 6, 20)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the first one runs", func() bool {
		code, _, _ := run(t, "status", "--data-dir", data)
		return code == 0
	})
	code, _, stderr := run(t, "run", "--config", file)
	if code != 1 || !strings.Contains(stderr, data) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if code, _, _ := run(t, "status", "--data-dir", data); code != 0 {
		t.Error("the first daemon does not answer any more")
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
