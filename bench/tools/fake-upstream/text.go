package main

import "sync/atomic"

// Every chunk of text is `[stream.chunk time] filler`: 8 digits, 5 digits, 19 digits (ns since 1970, taken just
// before the write). It survives a translation, so the client can check order and content and take the time.
const (
	streamOffset = 1
	chunkOffset  = 10
	timeOffset   = 16
	// As it stands in JSON. Escapes and a character beyond ASCII, because that is where translations go wrong.
	fillerJSON = ` the quick \"brown\" fox – jumps\n`
	textJSON   = `[00000000.00000 0000000000000000000]` + fillerJSON
)

var streams atomic.Int64

// nextStream numbers answers from 1; 8 digits.
func nextStream() int64 {
	return streams.Add(1) % 100_000_000
}

// putDigits writes value right-aligned with zeros into all of target.
func putDigits(target []byte, value int64) {
	for i := len(target) - 1; i >= 0; i-- {
		target[i] = byte('0' + value%10)
		value /= 10
	}
}

// stampText fills in a text at the start of target.
func stampText(target []byte, stream int64, chunk int, ns int64) {
	putDigits(target[streamOffset:streamOffset+8], stream)
	putDigits(target[chunkOffset:chunkOffset+5], int64(chunk))
	putDigits(target[timeOffset:timeOffset+19], ns)
}
