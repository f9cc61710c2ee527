package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// work is an order that is being carried out.
type work struct {
	order       order
	wire        wire
	connections []*connection
	// begin and end of the counted time.
	begin, end time.Time
}

func prepare(o order) (*work, error) {
	requests, err := o.requests()
	if err != nil {
		return nil, err
	}
	w := &work{order: o, wire: wires[o.Path]}
	for i := 0; i < o.Connections; i++ {
		w.connections = append(w.connections, &connection{work: w, request: requests[i%len(requests)], seen: newTally()})
	}
	return w, nil
}

// counts says whether a moment lies in the counted time.
func (w *work) counts(at time.Time) bool {
	return !at.Before(w.begin) && at.Before(w.end)
}

func (w *work) run() (*result, error) {
	for _, c := range w.connections {
		if err := c.open(); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	w.begin = start.Add(time.Duration(w.order.WarmupMs) * time.Millisecond)
	w.end = w.begin.Add(time.Duration(w.order.DurationMs) * time.Millisecond)
	var running sync.WaitGroup
	if w.order.RatePerSecond > 0 {
		w.startOpenLoop(start, &running)
	} else {
		w.startClosedLoop(start, &running)
	}
	time.Sleep(time.Until(w.begin))
	announce("begin")
	time.Sleep(time.Until(w.end))
	announce("end")
	running.Wait()
	return w.collect(), nil
}

func (w *work) startClosedLoop(start time.Time, running *sync.WaitGroup) {
	spread := time.Duration(w.order.WarmupMs) * time.Millisecond / 2
	for i, c := range w.connections {
		first := start.Add(spread * time.Duration(i) / time.Duration(len(w.connections)))
		running.Add(1)
		go func(c *connection) {
			defer running.Done()
			defer c.close()
			time.Sleep(time.Until(first))
			for now := time.Now(); now.Before(w.end); now = time.Now() {
				c.exchange(now)
			}
		}(c)
	}
}

// startOpenLoop sends at a constant rate, whatever the answers do. A request that is late for want of a free
// connection is sent all the same, and its wait counts.
func (w *work) startOpenLoop(start time.Time, running *sync.WaitGroup) {
	count := int(w.end.Sub(start).Seconds() * w.order.RatePerSecond)
	due := make(chan time.Time, count+1)
	for _, c := range w.connections {
		running.Add(1)
		go func(c *connection) {
			defer running.Done()
			defer c.close()
			for at := range due {
				c.exchange(at)
			}
		}(c)
	}
	go func() {
		for i := 0; i < count; i++ {
			at := start.Add(time.Duration(float64(i) / w.order.RatePerSecond * 1e9))
			pause(time.Until(at))
			due <- at
		}
		close(due)
	}()
}

// announce tells whoever started this process, who reads CPU times at these moments.
func announce(what string) {
	fmt.Fprintln(os.Stdout, what)
}
