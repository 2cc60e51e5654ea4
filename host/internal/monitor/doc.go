// Package monitor runs plugin processes. Journal frames go in; outputs, checkpoints and a status come out. An Instance is one
// configured plugin: it starts the process, restores its state, feeds it from the record after its checkpoint, and starts it
// again when it dies. Nothing that a plugin does (exit, hang, flood, lie) reaches past its Instance.
//
// Layout: instance.go supervises, session.go and handshake.go are one life of a process, lane*.go and saving.go move the data of
// that life; package process starts and ends the process itself.
package monitor
