package main

import (
	"syscall"
	"time"
)

// pause sleeps with the precision of the kernel; the timers of Go are rounded up to a millisecond.
func pause(duration time.Duration) {
	if duration <= 0 {
		return
	}
	left := syscall.NsecToTimespec(int64(duration))
	_ = syscall.Nanosleep(&left, nil)
}
