package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// leastToken is the shortest token that cannot be guessed.
const leastToken = 16

// Loopback tells whether only this machine reaches the address; false for names, except localhost.
func (h *HTTP) Loopback() bool {
	host, _, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return false
	}
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}

// ReadToken returns the token from wherever the file says it is. It is never logged.
func (t *HTTPToken) ReadToken() (string, error) { return readToken(t.Token, t.TokenFile, t.TokenEnv) }

// hostPort tells whether a listener can take the address: the port is a number, or the name of a service.
func hostPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

func (c *Config) validateHTTP(bad func(key, format string, args ...any)) {
	h := c.HTTP
	if h.Listen != "" && !hostPort(h.Listen) {
		bad("http.listen", "%q is not host:port: use for example 127.0.0.1:9464", h.Listen)
	}
	if h.RequestsPerSecond <= 0 {
		bad("http.requests_per_second", "%g lets nobody in: use 1 or more", h.RequestsPerSecond)
	}
	if h.Streams < 1 {
		bad("http.streams", "%d is out of range: use 1 or more", h.Streams)
	}
	for i, origin := range h.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" {
			bad(fmt.Sprintf("http.origins[%d]", i), "%q is no origin: write scheme://host or scheme://host:port", origin)
		}
	}
	for i, host := range h.Hosts {
		if strings.ContainsAny(host, ":/ ") {
			bad(fmt.Sprintf("http.hosts[%d]", i), "%q is no name of a host: write it without scheme, port and path", host)
		}
	}
	owners := map[string]int{}
	for i, t := range h.Tokens {
		key := fmt.Sprintf("http.tokens[%d]", i)
		oneOf(bad, key+".scope", t.Scope, "read", "admin")
		if given(t.Token, t.TokenFile, t.TokenEnv) != 1 {
			bad(key, "must have exactly one of token, token_file and token_env")
			continue
		}
		if token, err := t.ReadToken(); err != nil {
			bad(key, "%v", err)
		} else if len(token) < leastToken {
			bad(key, "the token is shorter than %d characters and could be guessed", leastToken)
		} else if owner, twice := owners[token]; twice {
			bad(key, "has the token of http.tokens[%d]: give each a token of its own, so that its scope is one", owner)
		} else {
			owners[token] = i
		}
	}
}
