package main

import (
	"bytes"
	"time"
)

func (c *connection) readJSON(found head) error {
	c.rest = c.rest[:0]
	err := c.readBody(found, func(part []byte) error {
		c.rest = append(c.rest, part...)
		return nil
	})
	if err != nil {
		return err
	}
	var order sequence
	if err := readPieces(c.work.wire.textOf(c.rest), order.take); err != nil {
		return err
	}
	if order.next != int64(c.work.order.Chunks) {
		return errOrder
	}
	if !bytes.Contains(c.rest, c.work.wire.finish) {
		return errEnd
	}
	return nil
}

func (c *connection) readStream(found head, due time.Time) error {
	var order sequence
	isFirst, isFinished, isDone := true, false, false
	abortAt := int64(0)
	if limit := c.work.order.AbortAfter; limit > 0 {
		c.aborts++
		abortAt = int64(1 + c.aborts*7919%limit)
	}
	c.rest = c.rest[:0]
	line := func(data []byte) error {
		if isDone {
			return errEnd
		}
		if bytes.Equal(data, doneData) {
			isDone = true
			return nil
		}
		if bytes.Contains(data, c.work.wire.finish) {
			isFinished = true
		}
		if isFirst {
			isFirst = false
			c.seen.firstByte(c.stamped.atNs-due.UnixNano(), due, c.work)
		}
		return readPieces(c.work.wire.textOf(data), func(text piece) error {
			c.seen.chunk(c.stamped.atNs-text.sentNs, c.stamped.atNs, c.work)
			if err := order.take(text); err != nil {
				return err
			}
			if order.next == abortAt {
				c.close()
				c.seen.aborted(text.stream, time.Now().UnixNano(), order.next)
				return errAborted
			}
			return nil
		})
	}
	err := c.readBody(found, func(part []byte) error { return c.eachData(part, line) })
	if err != nil {
		return err
	}
	if !isFinished || !isDone {
		return errEnd
	}
	if order.next != int64(c.work.order.Chunks) {
		return errOrder
	}
	return nil
}

// eachData calls line with the value of every `data:` line; what is not a whole line waits for the next part.
func (c *connection) eachData(part []byte, line func([]byte) error) error {
	for len(part) > 0 {
		end := bytes.IndexByte(part, '\n')
		if end < 0 {
			c.rest = append(c.rest, part...)
			return nil
		}
		whole := part[:end]
		if len(c.rest) > 0 {
			c.rest = append(c.rest, whole...)
			whole = c.rest
		}
		if data, isData := bytes.CutPrefix(whole, []byte("data: ")); isData {
			if err := line(data); err != nil {
				return err
			}
		}
		c.rest = c.rest[:0]
		part = part[end+1:]
	}
	return nil
}
