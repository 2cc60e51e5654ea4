// Package npm fetches the locked packages of a Node program for tests, where node and npm are.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Install puts the packages that folder's package-lock.json names into a cache outside of the checkout, once for each lock file, and returns
// the node_modules there. missing says why it cannot: the test is then skipped. A lock that does not fit its package.json panics.
func Install(folder string) (modules, missing string) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", tool + " is not installed"
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "there is no cache folder: " + err.Error()
	}
	lock, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(lock)
	cached := filepath.Join(cache, "weir", "npm-"+hex.EncodeToString(sum[:6]))
	modules = filepath.Join(cached, "node_modules")
	if _, err := os.Stat(filepath.Join(cached, "complete")); err == nil {
		return modules, ""
	}
	if err := os.MkdirAll(cached, 0o755); err != nil {
		return "", "cannot make a cache folder: " + err.Error()
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(cached, name), text, 0o600)
		}
		if err != nil {
			panic(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ci := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	ci.Dir = cached
	if out, err := ci.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "EUSAGE") || strings.Contains(string(out), "EINTEGRITY") {
			panic("package.json and its lock do not fit: " + string(out))
		}
		return "", "npm ci: " + err.Error() + ": " + firstLines(string(out), 4)
	}
	if err := os.WriteFile(filepath.Join(cached, "complete"), nil, 0o600); err != nil {
		return "", err.Error()
	}
	return modules, ""
}

func firstLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[:min(n, len(lines))], "; ")
}
