package main

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

var errProtocol = errors.New("answer is not HTTP/1.1 as expected")

// head of an answer.
type head struct {
	status int
	// length is -1 for a chunked body.
	length  int
	isClose bool
}

func (c *connection) readHead() (head, error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return head{}, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return head{}, errProtocol
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return head{}, errProtocol
	}
	found := head{status: status}
	for {
		line, err = c.reader.ReadSlice('\n')
		if err != nil {
			return head{}, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return found, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if found.length, err = strconv.Atoi(string(value)); err != nil {
				return head{}, errProtocol
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			found.length = -1
		case bytes.EqualFold(name, []byte("connection")):
			found.isClose = bytes.EqualFold(value, []byte("close"))
		}
	}
}

// readBody calls take with every part as it arrives.
func (c *connection) readBody(found head, take func([]byte) error) error {
	if found.length >= 0 {
		return c.readExactly(found.length, take)
	}
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return errProtocol
		}
		if err := c.readExactly(int(size), take); err != nil {
			return err
		}
		if _, err := c.reader.Discard(2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func (c *connection) readExactly(size int, take func([]byte) error) error {
	for size > 0 {
		if _, err := c.reader.Peek(1); err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		part, _ := c.reader.Peek(min(size, c.reader.Buffered()))
		err := take(part)
		if _, discardError := c.reader.Discard(len(part)); discardError != nil {
			return discardError
		}
		if err != nil {
			return err
		}
		size -= len(part)
	}
	return nil
}
