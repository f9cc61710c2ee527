package main

import (
	"encoding/json"
	"sync"
	"sync/atomic"
)

// Totals since the start. An answer is counted before its last bytes are written, so that whoever has a whole
// answer finds it counted.
var (
	answers        atomic.Int64
	inputTokens    atomic.Int64
	outputTokens   atomic.Int64
	promptsChecked atomic.Int64
	promptsWrong   atomic.Int64
	badRequests    atomic.Int64
	aborted        atomic.Int64
)

// Arrivals of requests and ends of watched streams, in ns since 1970. Kept only for correctness cells.
var (
	logLock  sync.Mutex
	closes   = map[string]int64{}
	arrivals []int64
)

func noteClose(stream string, at int64) {
	logLock.Lock()
	closes[stream] = at
	logLock.Unlock()
}

func noteArrival(at int64) {
	logLock.Lock()
	arrivals = append(arrivals, at)
	logLock.Unlock()
}

func statsJSON() []byte {
	body, _ := json.Marshal(map[string]int64{
		"answers":        answers.Load(),
		"inputTokens":    inputTokens.Load(),
		"outputTokens":   outputTokens.Load(),
		"promptsChecked": promptsChecked.Load(),
		"promptsWrong":   promptsWrong.Load(),
		"badRequests":    badRequests.Load(),
		"aborted":        aborted.Load(),
	})
	return body
}

// takeLog returns what was noted and forgets it.
func takeLog() []byte {
	logLock.Lock()
	defer logLock.Unlock()
	if arrivals == nil {
		arrivals = []int64{}
	}
	body, _ := json.Marshal(map[string]any{"closes": closes, "arrivals": arrivals})
	closes = map[string]int64{}
	arrivals = nil
	return body
}
