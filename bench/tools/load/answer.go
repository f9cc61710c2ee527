package main

import "bytes"

// sequence checks that the chunks of one answer are 0, 1, 2, … of one stream.
type sequence struct {
	stream, next int64
}

func (s *sequence) take(found piece) error {
	if s.next == 0 {
		s.stream = found.stream
	}
	if found.chunk != s.next || found.stream != s.stream {
		return errOrder
	}
	s.next++
	return nil
}

var (
	contentField = []byte(`"content":"`)
	finishField  = []byte(`"finish_reason":"stop"`)
	doneData     = []byte("[DONE]")
)

// contentOf finds the JSON string after `"content":`, without its quotes. Nil when there is none.
func contentOf(data []byte) []byte {
	start := bytes.Index(data, contentField)
	if start < 0 {
		return nil
	}
	rest := data[start+len(contentField):]
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return rest[:i]
		}
	}
	return nil
}
