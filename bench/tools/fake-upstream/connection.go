package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
)

var errBadRequest = errors.New("only requests with content-length are understood")

// connection serves one request after the other.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	// body of the present request; its room is kept.
	body []byte
	out  []byte
}

func newConnection(conn net.Conn) *connection {
	return &connection{conn: conn, reader: bufio.NewReaderSize(conn, 16*1024)}
}

func (c *connection) serve() {
	defer c.conn.Close()
	for {
		path, err := c.readRequest()
		if err == nil {
			err = c.answer(path)
		} else if errors.Is(err, errBadRequest) {
			badRequests.Add(1)
			_ = c.write(400, []byte(`{"error":"bad request"}`))
		}
		if err != nil {
			return
		}
	}
}

func (c *connection) readRequest() (string, error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	parts := bytes.SplitN(line, []byte(" "), 3)
	if len(parts) != 3 {
		return "", errBadRequest
	}
	path := knownPath(parts[1])
	length := 0
	for {
		line, err = c.reader.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if len(name) == len("content-length") && bytes.EqualFold(name, []byte("content-length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return "", errBadRequest
			}
		} else if len(name) == len("transfer-encoding") && bytes.EqualFold(name, []byte("transfer-encoding")) {
			return "", errBadRequest
		}
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.reader, c.body)
	return path, err
}

func (c *connection) answer(path string) error {
	switch path {
	case "/v1/chat/completions":
		return c.complete(&openAI)
	case "/v1/messages":
		return c.complete(&anthropic)
	case "/v1/responses":
		return c.complete(&responses)
	case "/profile":
		if err := setProfile(c.body); err != nil {
			return c.write(400, []byte(`{"error":"bad profile"}`))
		}
		return c.write(200, []byte(`{}`))
	case "/stats":
		return c.write(200, statsJSON())
	case "/log":
		return c.write(200, takeLog())
	}
	badRequests.Add(1)
	return c.write(404, []byte(`{"error":"no such path"}`))
}

func (c *connection) write(status int, body []byte) error {
	c.out = append(c.out[:0], "HTTP/1.1 "...)
	c.out = strconv.AppendInt(c.out, int64(status), 10)
	c.out = append(c.out, " -\r\ncontent-type: application/json\r\ncontent-length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, body...)
	_, err := c.conn.Write(c.out)
	return err
}

// knownPath spares an allocation for the paths that are measured.
func knownPath(path []byte) string {
	switch string(path) {
	case "/v1/chat/completions":
		return "/v1/chat/completions"
	case "/v1/messages":
		return "/v1/messages"
	case "/v1/responses":
		return "/v1/responses"
	}
	return string(path)
}
