package dashboard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dashboard"
)

func fetch(t *testing.T, base, file string) (int, http.Header, string) {
	t.Helper()
	response, err := http.Get(base + "/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

var (
	used     = regexp.MustCompile(`(?:src|href)="([^"#]+)"|from '([^']+)'`)
	anywhere = regexp.MustCompile(`https?://[^\s'"<)]+`)
)

// TestThePageNeedsNothingElse follows all that the page loads: each file is there, with its type and the policy, and none names a place on
// the network.
func TestThePageNeedsNothingElse(t *testing.T) {
	server := httptest.NewServer(dashboard.Handler())
	defer server.Close()
	seen := map[string]bool{}
	var look func(file string)
	look = func(file string) {
		if seen[file] {
			return
		}
		seen[file] = true
		code, head, body := fetch(t, server.URL, file)
		if code != http.StatusOK || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") || head.Get("X-Content-Type-Options") != "nosniff" {
			t.Fatalf("%s: %d %v", file, code, head)
		}
		if strings.HasSuffix(file, ".js") && !strings.Contains(head.Get("Content-Type"), "javascript") {
			t.Errorf("%s has type %s: a browser would not run it", file, head.Get("Content-Type"))
		}
		if strings.HasPrefix(file, "vendor/") {
			return // it names its licence and its makers
		}
		for _, place := range anywhere.FindAllString(body, -1) {
			if place != "http://www.w3.org/2000/svg" { // a name, not a place
				t.Errorf("%s names %s", file, place)
			}
		}
		for _, m := range used.FindAllStringSubmatch(body, -1) {
			look(path.Join(path.Dir(file), m[1]+m[2]))
		}
	}
	look("")
	for _, file := range []string{"app.js", "style.css", "vendor/lightweight-charts.js"} {
		if !seen[file] {
			t.Errorf("the page does not load %s: the test looks in the wrong place", file)
		}
	}
	if code, _, text := fetch(t, server.URL, "vendor/lightweight-charts.LICENSE"); code != http.StatusOK || !strings.Contains(text, "Apache License") {
		t.Errorf("the licence of the chart library is not there: %d", code)
	}
}

func TestFilesAreOnlyRead(t *testing.T) {
	server := httptest.NewServer(dashboard.Handler())
	defer server.Close()
	response, err := http.Post(server.URL+"/", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Error(response.Status)
	}
	if code, _, _ := fetch(t, server.URL, "nothing.js"); code != http.StatusNotFound {
		t.Errorf("nothing.js: %d", code)
	}
}
