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

var doneData = []byte("[DONE]")

// wire is how an API writes the text and the end of an answer.
type wire struct {
	// text comes before the text, up to its opening quote.
	text []byte
	// finish is there when the answer is complete.
	finish []byte
}

var wires = map[string]wire{
	"/v1/chat/completions": {[]byte(`"content":"`), []byte(`"finish_reason":"stop"`)},
	"/v1/messages":         {[]byte(`"text":"`), []byte(`"stop_reason":"end_turn"`)},
	"/v1/responses":        {[]byte(`"text":"`), []byte(`"status":"completed"`)},
}

// textOf finds the text of an answer, without its quotes. Nil when there is none.
func (w wire) textOf(data []byte) []byte {
	start := bytes.Index(data, w.text)
	if start < 0 {
		return nil
	}
	rest := data[start+len(w.text):]
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
