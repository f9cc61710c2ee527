package main

import (
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

// tally is what one connection saw. Counted means inside the counted time.
type tally struct {
	statuses map[int]int
	failures map[string]int
	// answers that were complete and right, whenever they ended.
	answers                         int
	countedAnswers, countedChunks   int
	latency, firstBytes, chunkDelay []int64
	aborts                          []abort
}

// abort is a stream that was left on purpose.
type abort struct {
	Stream string `json:"stream"`
	// AtNs is when the connection had been closed, in ns since 1970.
	AtNs   int64 `json:"atNs"`
	Chunks int64 `json:"chunks"`
}

func newTally() tally {
	return tally{statuses: map[int]int{}, failures: map[string]int{}}
}

func (t *tally) answered(due time.Time, w *work) {
	now := time.Now()
	t.answers++
	if !w.counts(now) {
		return
	}
	t.countedAnswers++
	// In the open loop a request counts when it was due in the counted time, so that slow ones are not lost.
	if !due.Before(w.begin) {
		t.latency = append(t.latency, now.Sub(due).Nanoseconds())
	}
}

func (t *tally) firstByte(ns int64, due time.Time, w *work) {
	if !due.Before(w.begin) {
		t.firstBytes = append(t.firstBytes, ns)
	}
}

func (t *tally) chunk(delayNs, atNs int64, w *work) {
	if atNs >= w.begin.UnixNano() && atNs < w.end.UnixNano() {
		t.countedChunks++
		t.chunkDelay = append(t.chunkDelay, delayNs)
	}
}

func (t *tally) refused(status int, body []byte) {
	t.failures["status "+strconv.Itoa(status)+": "+string(body[:min(len(body), 300)])]++
}

func (t *tally) aborted(stream, atNs, chunks int64) {
	t.aborts = append(t.aborts, abort{strconv.FormatInt(stream, 10), atNs, chunks})
}

// fail counts an exchange without a right answer. Messages of the network hold ports; their kind is enough.
func (t *tally) fail(err error) {
	var network net.Error
	switch {
	case errors.As(err, &network) && network.Timeout():
		t.failures["timeout"]++
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		t.failures["connection closed early"]++
	case errors.As(err, new(*net.OpError)):
		var operation *net.OpError
		errors.As(err, &operation)
		t.failures[operation.Op+": "+operation.Err.Error()]++
	default:
		t.failures[err.Error()]++
	}
}
