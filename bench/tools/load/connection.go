package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

var (
	errAborted = errors.New("aborted on purpose")
	errEnd     = errors.New("answer has no end marker")
)

// stampedReader remembers when bytes last arrived, in ns since 1970: once a read, not once a chunk.
type stampedReader struct {
	from io.Reader
	atNs int64
}

func (r *stampedReader) Read(target []byte) (int, error) {
	n, err := r.from.Read(target)
	r.atNs = time.Now().UnixNano()
	return n, err
}

// connection sends one request after the other and checks the answers.
type connection struct {
	work    *work
	request []byte
	conn    net.Conn
	stamped stampedReader
	reader  *bufio.Reader
	rest    []byte
	seen    tally
	aborts  int
}

func (c *connection) open() error {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", c.work.order.Port), 10*time.Second)
	if err != nil {
		return err
	}
	c.conn = conn
	c.stamped = stampedReader{from: conn}
	c.reader = bufio.NewReaderSize(&c.stamped, 16*1024)
	return nil
}

func (c *connection) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// exchange sends the request. Its times count from due.
func (c *connection) exchange(due time.Time) {
	err := c.attempt(due)
	if err == nil {
		return
	}
	c.close()
	if !errors.Is(err, errAborted) {
		c.seen.fail(err)
	}
}

func (c *connection) attempt(due time.Time) error {
	if c.conn == nil {
		if err := c.open(); err != nil {
			return err
		}
	}
	_ = c.conn.SetDeadline(time.Now().Add(time.Duration(c.work.order.TimeoutMs) * time.Millisecond))
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	found, err := c.readHead()
	if err != nil {
		return err
	}
	c.seen.statuses[found.status]++
	if found.status != 200 {
		return c.readRefusal(found)
	}
	if c.work.order.IsStream {
		err = c.readStream(found, due)
	} else {
		err = c.readJSON(found)
	}
	if err != nil {
		return err
	}
	c.seen.answered(due, c.work)
	if found.isClose {
		c.close()
	}
	return nil
}

func (c *connection) readRefusal(found head) error {
	c.rest = c.rest[:0]
	err := c.readBody(found, func(part []byte) error {
		c.rest = append(c.rest, part...)
		return nil
	})
	if err != nil {
		return err
	}
	if !slices.Contains(c.work.order.Refusals, found.status) {
		c.seen.refused(found.status, c.rest)
	}
	if found.isClose {
		c.close()
	}
	return nil
}
