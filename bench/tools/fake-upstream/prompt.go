package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
)

// One request in so many is decoded and compared; decoding all of them would be the measurement.
const checkEvery = 64

type turn struct {
	Content json.RawMessage `json:"content"`
}

// checkPrompt counts a prompt that did not arrive as the client sent it, after what the target must have added.
func checkPrompt(body []byte, expected string, added []string) {
	var request struct {
		System       json.RawMessage `json:"system"`
		Instructions json.RawMessage `json:"instructions"`
		Messages     []turn          `json:"messages"`
		Input        []turn          `json:"input"`
	}
	promptsChecked.Add(1)
	if err := json.Unmarshal(body, &request); err != nil {
		promptsWrong.Add(1)
		return
	}
	texts := append(textsOf(request.System), textsOf(request.Instructions)...)
	if len(added) > 0 && (len(texts) == 0 || texts[0] != added[0]) {
		promptsWrong.Add(1)
		return
	}
	for _, message := range append(request.Messages, request.Input...) {
		texts = append(texts, textsOf(message.Content)...)
	}
	hash := sha256.New()
	for _, text := range texts {
		if !slices.Contains(added, text) {
			_, _ = io.WriteString(hash, text)
		}
	}
	if hex.EncodeToString(hash.Sum(nil)) != expected {
		promptsWrong.Add(1)
	}
}

// textsOf takes content in both forms: a string, or blocks of which those of text count.
func textsOf(content json.RawMessage) []string {
	var text string
	if len(content) == 0 {
		return nil
	}
	if json.Unmarshal(content, &text) == nil {
		return []string{text}
	}
	var blocks []struct {
		Text string `json:"text"`
	}
	var texts []string
	if json.Unmarshal(content, &blocks) == nil {
		for _, block := range blocks {
			texts = append(texts, block.Text)
		}
	}
	return texts
}
