package main

import (
	"encoding/json"
	"sync/atomic"
)

// profile is what the answers look like.
type profile struct {
	// DelayMs passes before the first byte of every answer.
	DelayMs int `json:"delayMs"`
	// Chunks of text in a streamed answer.
	Chunks int `json:"chunks"`
	// JSONChunks is the number of pieces of text of an answer that the client wants as JSON. A gateway that
	// streams from its provider all the same gets as many chunks.
	JSONChunks int `json:"jsonChunks"`
	// PaceMs between two chunks; 0 sends them as fast as they are taken.
	PaceMs int `json:"paceMs"`
	// PromptSha256 of all texts of the prompt in order; a sample of the requests is checked. Empty: none is.
	PromptSha256 string `json:"promptSha256"`
	// Added are texts that the target puts before the prompt: the first block of system must be the first of them, and none
	// of them belongs to the prompt that the client sent. Empty: the prompt must arrive as it was sent.
	Added []string `json:"added"`
	// WatchClose looks for the end of the connection between two chunks and notes when it came.
	WatchClose bool `json:"watchClose"`
}

var current atomic.Pointer[profile]

func init() {
	current.Store(&profile{Chunks: 1, JSONChunks: 1})
}

func setProfile(body []byte) error {
	next := &profile{}
	if err := json.Unmarshal(body, next); err != nil {
		return err
	}
	current.Store(next)
	return nil
}
