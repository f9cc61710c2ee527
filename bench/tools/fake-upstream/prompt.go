package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
)

// One request in so many is decoded and compared; decoding all of them would be the measurement.
const checkEvery = 64

// checkPrompt counts a prompt that did not arrive as the client sent it.
func checkPrompt(body []byte, expected string) {
	var request struct {
		System   json.RawMessage `json:"system"`
		Messages []struct {
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	promptsChecked.Add(1)
	if err := json.Unmarshal(body, &request); err != nil {
		promptsWrong.Add(1)
		return
	}
	hash := sha256.New()
	writeTexts(hash, request.System)
	for _, message := range request.Messages {
		writeTexts(hash, message.Content)
	}
	if hex.EncodeToString(hash.Sum(nil)) != expected {
		promptsWrong.Add(1)
	}
}

// writeTexts takes content in both forms: a string, or blocks of which those of text count.
func writeTexts(out io.Writer, content json.RawMessage) {
	if len(content) == 0 {
		return
	}
	var text string
	if json.Unmarshal(content, &text) == nil {
		_, _ = io.WriteString(out, text)
		return
	}
	var blocks []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(content, &blocks) == nil {
		for _, block := range blocks {
			_, _ = io.WriteString(out, block.Text)
		}
	}
}
