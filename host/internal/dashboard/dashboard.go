// Package dashboard is the web page of the daemon: files that are part of the binary and that ask the API, nothing else. It needs no build
// step and no network.
package dashboard

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed files
var embedded embed.FS

// policy lets the page use what it came with and nothing else. The chart library puts a style element into the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page. It is safe for concurrent use.
func Handler() http.Handler {
	files, err := fs.Sub(embedded, "files")
	if err != nil { // cannot happen: the folder is part of the binary
		panic(err)
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "files are only read", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // a new version of the daemon brings new files under the same names
		serve.ServeHTTP(w, r)
	})
}
