package process

import (
	"errors"
	"os"
	"time"
)

// pipeEnds are both ends of a process's three pipes.
type pipeEnds struct {
	stdin, stdout, stderr       *os.File // the host's
	childIn, childOut, childErr *os.File
}

func newPipeEnds() (*pipeEnds, error) {
	var e pipeEnds
	var errs [3]error
	e.childIn, e.stdin, errs[0] = os.Pipe()
	e.stdout, e.childOut, errs[1] = os.Pipe()
	e.stderr, e.childErr, errs[2] = os.Pipe()
	if err := errors.Join(errs[:]...); err != nil {
		e.closeChild()
		e.closeHost()
		return nil, err
	}
	return &e, nil
}

func (e *pipeEnds) closeChild() { closeAll(e.childIn, e.childOut, e.childErr) }
func (e *pipeEnds) closeHost()  { closeAll(e.stdin, e.stdout, e.stderr) }

// expire ends the reads of the host's ends at a time.
func (e *pipeEnds) expire(at time.Time) {
	_ = e.stdout.SetReadDeadline(at)
	_ = e.stderr.SetReadDeadline(at)
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
