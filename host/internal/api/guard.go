package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guard decides who is let in. Safe for concurrent use.
type guard struct {
	tokens  []allowed
	origins []string
	hosts   []string
	rate    rate.Limit
	burst   int

	mu      sync.Mutex
	clients map[netip.Addr]*rate.Limiter
}

// allowed is a token by its hash, so that comparing takes as long whatever is shown.
type allowed struct {
	hash  [sha256.Size]byte
	scope Scope
}

// maxClients bounds the addresses that are remembered: when there are more, all begin anew.
const maxClients = 10_000

func newGuard(cfg Config) *guard {
	g := &guard{origins: cfg.Origins, hosts: cfg.Hosts, rate: rate.Limit(cfg.PerSecond), burst: cfg.Burst, clients: map[netip.Addr]*rate.Limiter{}}
	for _, t := range cfg.Tokens {
		g.tokens = append(g.tokens, allowed{sha256.Sum256([]byte(t.Secret)), t.Scope})
	}
	return g
}

// admit checks what does not depend on the route.
func (g *guard) admit(w http.ResponseWriter, r *http.Request) *problem {
	if !g.mayBeCalled(r.Host) {
		return problemf(http.StatusMisdirectedRequest, "the API is not called %s: use its address, or add the name to http.hosts", clipped(r.Host))
	}
	if wait := g.waits(r); wait > 0 {
		p := problemf(http.StatusTooManyRequests, "more than %g requests a second", float64(g.rate))
		p.retryAfter = wait
		return p
	}
	if r.ContentLength > 0 || len(r.TransferEncoding) > 0 {
		return problemf(http.StatusRequestEntityTooLarge, "no request has a body here")
	}
	return g.cors(w, r)
}

// mayBeCalled keeps out pages whose own name leads to this address.
func (g *guard) mayBeCalled(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return true
	}
	return slices.ContainsFunc(g.hosts, func(allowed string) bool { return strings.EqualFold(allowed, name) })
}

// waits counts a request of the client's address and returns after how many seconds it may come again; 0 when it may now.
func (g *guard) waits(r *http.Request) int {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return 0 // not over TCP
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.clients[at.Addr()]
	if l == nil {
		if len(g.clients) >= maxClients {
			clear(g.clients)
		}
		l = rate.NewLimiter(g.rate, g.burst)
		g.clients[at.Addr()] = l
	}
	if l.AllowN(time.Now(), 1) {
		return 0
	}
	return 1
}

// cors lets pages of the allowed origins in, and refuses those of others before anything happens.
func (g *guard) cors(w http.ResponseWriter, r *http.Request) *problem {
	origin := r.Header.Get("Origin")
	if origin == "" || sameOrigin(origin, r.Host) {
		return nil
	}
	if !slices.Contains(g.origins, origin) {
		return problemf(http.StatusForbidden, "pages of %s may not use this API: http.origins names those that may", clipped(origin))
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Headers", "Authorization, Last-Event-ID")
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Vary", "Origin")
	return nil
}

func sameOrigin(origin, host string) bool {
	_, rest, found := strings.Cut(origin, "://")
	return found && strings.EqualFold(rest, host)
}

// allow checks the token of a request against the scope of its route.
func (g *guard) allow(r *http.Request, scope Scope) *problem {
	if len(g.tokens) == 0 {
		if scope == Admin {
			return problemf(http.StatusForbidden, "nobody is an admin here: add an entry with scope admin to http.tokens")
		}
		return nil
	}
	token := bearer(r)
	shown := sha256.Sum256([]byte(token))
	for _, t := range g.tokens {
		if subtle.ConstantTimeCompare(shown[:], t.hash[:]) != 1 {
			continue
		}
		if scope == Admin && t.scope != Admin {
			return problemf(http.StatusForbidden, "this token may only read")
		}
		return nil
	}
	if token != "" {
		return problemf(http.StatusUnauthorized, "this token is none of http.tokens")
	}
	return problemf(http.StatusUnauthorized, "show a token: Authorization: Bearer TOKEN, or for streams of a browser ?token=TOKEN")
}

// bearer returns the token of a request: from the header or, since a browser's EventSource sends none, from the query of streams.
func bearer(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	if r.Method == http.MethodGet && (r.URL.Path == prefix+"/stream" || r.URL.Path == prefix+"/ws") {
		return r.URL.Query().Get("token")
	}
	return ""
}
