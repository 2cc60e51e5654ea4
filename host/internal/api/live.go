package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// beat is the longest silence on a stream, and writeTimeout how long a client may take to take a write before it is cut off.
const (
	beat         = 15 * time.Second
	writeTimeout = 10 * time.Second
)

// admitted makes the reader of a request, which is to be detached in the end; a problem when all streams are in use, or it cannot go on where
// it asks to.
func (a *API) admitted(req *http.Request, in args) (*reader, *problem) {
	r, p := a.newReader(in, req.Header.Get("Last-Event-ID"))
	if p != nil {
		return nil, p
	}
	r.news, r.detach = a.feed.attach()
	if a.feed.open() > a.cfg.Streams {
		r.detach()
		p = problemf(http.StatusServiceUnavailable, "all %d streams are in use", a.cfg.Streams)
		p.retryAfter = 10
		return nil, p
	}
	ctx, cancel := context.WithTimeout(req.Context(), answerTimeout)
	defer cancel()
	if err := r.begin(ctx); err != nil {
		r.detach()
		return nil, a.failed(req, err)
	}
	return r, nil
}

// serverSent writes a stream of server-sent events. Each output and alert has an id, which a browser shows by itself when it comes again.
func (a *API) serverSent(w http.ResponseWriter, req *http.Request, in args) {
	r, p := a.admitted(req, in)
	if p != nil {
		p.write(w)
		return
	}
	defer r.detach()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // that of the request would end the stream; who cannot set it has none
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies must not hold it back
	var buf bytes.Buffer
	write := func() error {
		if err := control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		if _, err := w.Write(buf.Bytes()); err != nil {
			return err
		}
		buf.Reset()
		return control.Flush()
	}
	buf.WriteString("retry: 1000\n\n")
	if err := write(); err != nil {
		return
	}
	err := r.follow(req.Context(), beat, func(messages []message) error {
		for _, m := range messages {
			if m.id != "" {
				fmt.Fprintf(&buf, "id: %s\n", m.id)
			}
			fmt.Fprintf(&buf, "event: %s\ndata: %s\n\n", m.topic, m.data)
		}
		if len(messages) == 0 {
			buf.WriteString(": nothing new\n\n")
		}
		return write()
	})
	if err != nil && req.Context().Err() == nil {
		a.cfg.Log.Debug("a live stream ended", "client", req.RemoteAddr, "error", err)
	}
}

// socket serves the same over a WebSocket. What a client says is read and dropped: it has nothing to say.
func (a *API) socket(w http.ResponseWriter, req *http.Request, in args) {
	r, p := a.admitted(req, in)
	if p != nil {
		p.write(w)
		return
	}
	defer r.detach()
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the guard has looked at the origin
	if err != nil {
		return // it has answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 10)
	ctx := conn.CloseRead(req.Context())
	err = r.follow(ctx, beat, func(messages []message) error {
		bounded, cancel := context.WithTimeout(ctx, writeTimeout)
		defer cancel()
		if len(messages) == 0 {
			return conn.Ping(bounded)
		}
		for _, m := range messages {
			if err := conn.Write(bounded, websocket.MessageText, frame(m)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		a.cfg.Log.Debug("a live stream ended", "client", req.RemoteAddr, "error", err)
		_ = conn.Close(websocket.StatusInternalError, "the daemon cannot go on; connect again")
	}
}

func frame(m message) []byte {
	out := append(append([]byte(`{"topic":"`), m.topic...), '"')
	if m.id != "" {
		out = append(append(append(out, `,"id":"`...), m.id...), '"')
	}
	return append(append(append(out, `,"data":`...), m.data...), '}')
}
