package main

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"
)

func (c *connection) complete(api *dialect) error {
	settings := current.Load()
	stream := nextStream()
	tokens := usageOf(stream, len(c.body))
	if settings.PromptSha256 != "" && stream%checkEvery == 0 {
		checkPrompt(c.body, settings.PromptSha256, settings.Added)
	}
	if settings.WatchClose {
		noteArrival(time.Now().UnixNano())
	}
	if settings.DelayMs > 0 {
		time.Sleep(time.Duration(settings.DelayMs) * time.Millisecond)
	}
	if !bytes.Contains(c.body, []byte(`"stream":true`)) {
		return c.completeJSON(api, settings, stream, tokens)
	}
	return c.completeStream(api, settings, stream, tokens)
}

func (c *connection) completeJSON(api *dialect, settings *profile, stream int64, tokens usage) error {
	now := time.Now().UnixNano()
	size := len(api.jsonBefore.bytes) + settings.JSONChunks*len(textJSON) + len(api.jsonAfter.bytes)
	c.out = append(c.out[:0], "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "...)
	c.out = strconv.AppendInt(c.out, int64(size), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out, _ = api.jsonBefore.append(c.out, tokens)
	for chunk := 0; chunk < settings.JSONChunks; chunk++ {
		start := len(c.out)
		c.out = append(c.out, textJSON...)
		stampText(c.out[start:], stream, chunk, now)
	}
	c.out, _ = api.jsonAfter.append(c.out, tokens)
	count(tokens)
	_, err := c.conn.Write(c.out)
	return err
}

func (c *connection) completeStream(api *dialect, settings *profile, stream int64, tokens usage) error {
	chunks := settings.Chunks
	// A gateway streams from its provider although its client wants JSON; both are told apart by the prompt.
	if bytes.Contains(c.body, []byte("answer-as-json")) {
		chunks = settings.JSONChunks
	}
	c.out = append(c.out[:0], streamHeaders...)
	c.out, _ = api.head.append(c.out, tokens)
	pace := time.Duration(settings.PaceMs) * time.Millisecond
	due := time.Now()
	for chunk := 0; chunk < chunks; chunk++ {
		if pace > 0 && chunk > 0 {
			due = due.Add(pace)
			if err := c.wait(due, settings.WatchClose, stream); err != nil {
				aborted.Add(1)
				return err
			}
		}
		var text int
		c.out, text = api.chunk.append(c.out, tokens)
		stampText(c.out[text:], stream, chunk, time.Now().UnixNano())
		if _, err := c.conn.Write(c.out); err != nil {
			aborted.Add(1)
			return err
		}
		c.out = c.out[:0]
	}
	c.out, _ = api.tail.append(c.out, tokens)
	c.out = append(c.out, lastChunk...)
	count(tokens)
	_, err := c.conn.Write(c.out)
	return err
}

// wait sleeps until due. With watch it returns early, with an error, when the peer closes the connection.
func (c *connection) wait(due time.Time, watch bool, stream int64) error {
	if !watch {
		time.Sleep(time.Until(due))
		return nil
	}
	_ = c.conn.SetReadDeadline(due)
	_, err := c.reader.Peek(1)
	_ = c.conn.SetReadDeadline(time.Time{})
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	noteClose(strconv.FormatInt(stream, 10), time.Now().UnixNano())
	return err
}

func count(tokens usage) {
	inputTokens.Add(tokens.input)
	outputTokens.Add(tokens.output)
	answers.Add(1)
}
