package main

import (
	"fmt"
	"os"
	"strings"
)

// order says what is sent, and what must come back.
type order struct {
	Port int    `json:"port"`
	Path string `json:"path"`
	// Connections that are open; in a closed loop as many requests run at a time.
	Connections int `json:"connections"`
	// RatePerSecond of the open loop: request i is due at start + i / rate, and its latency counts from there.
	// 0 is the closed loop: a connection sends its next request when it has its answer.
	RatePerSecond float64 `json:"ratePerSecond"`
	// WarmupMs are not counted; connections start spread over their first half.
	WarmupMs   int  `json:"warmupMs"`
	DurationMs int  `json:"durationMs"`
	IsStream   bool `json:"isStream"`
	// Chunks of text of every answer.
	Chunks int `json:"chunks"`
	// BodyFile holds the request's body, KeysFile one key a line; connections take them in turn.
	BodyFile string `json:"bodyFile"`
	KeysFile string `json:"keysFile"`
	// AbortAfter closes the connection after 1 … AbortAfter chunks, in turn. 0: never.
	AbortAfter int `json:"abortAfter"`
	// Refusals are statuses that are expected besides 200; they are counted and are no failures.
	Refusals []int `json:"refusals"`
	// TimeoutMs for one answer.
	TimeoutMs int `json:"timeoutMs"`
}

// requests gives the bytes of a request for every key.
func (o order) requests() ([][]byte, error) {
	body, err := os.ReadFile(o.BodyFile)
	if err != nil {
		return nil, err
	}
	keys, err := os.ReadFile(o.KeysFile)
	if err != nil {
		return nil, err
	}
	var made [][]byte
	for _, key := range strings.Fields(string(keys)) {
		head := fmt.Sprintf(
			"POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nauthorization: Bearer %s\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: bench\r\ncontent-length: %d\r\n\r\n",
			o.Path, o.Port, key, len(body))
		made = append(made, append([]byte(head), body...))
	}
	if len(made) == 0 {
		return nil, fmt.Errorf("no key in %s", o.KeysFile)
	}
	return made, nil
}
