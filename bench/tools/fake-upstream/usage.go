package main

// usage of one answer, in tokens.
type usage struct{ input, output int64 }

// usageOf varies with the number of the answer, so that a bill that mixes answers up does not add up. Input stays
// below the bytes of the request and output is small, as with real providers.
func usageOf(stream int64, bodyBytes int) usage {
	return usage{input: int64(bodyBytes)/8 + 1 + stream*7919%13, output: 8 + stream*104_729%57}
}

// Usage stands in prepared bytes as a number of fixed width; JSON has no leading zeros, spaces do instead.
const usageWidth = 8

func putNumber(target []byte, value int64) {
	for i := range target {
		target[i] = ' '
	}
	for i := len(target) - 1; ; i-- {
		target[i] = byte('0' + value%10)
		value /= 10
		if value == 0 {
			return
		}
	}
}
