package main

import (
	"bytes"
	"fmt"
)

// template is prepared bytes with places that are filled in. A place of -1 is not there.
type template struct {
	bytes               []byte
	text, input, output int
}

const (
	textMark   = "\x01"
	inputMark  = "\x02"
	outputMark = "\x03"
)

var blank = bytes.Repeat([]byte(" "), usageWidth)

// prepare replaces the marks by room and remembers where it is.
func prepare(source string) template {
	made := template{text: -1, input: -1, output: -1}
	for _, char := range []byte(source) {
		switch string(char) {
		case textMark:
			made.text = len(made.bytes)
			made.bytes = append(made.bytes, textJSON...)
		case inputMark:
			made.input = len(made.bytes)
			made.bytes = append(made.bytes, blank...)
		case outputMark:
			made.output = len(made.bytes)
			made.bytes = append(made.bytes, blank...)
		default:
			made.bytes = append(made.bytes, char)
		}
	}
	return made
}

// prepareChunk is prepare with the framing of a chunked body.
func prepareChunk(source string) template {
	length := len(prepare(source).bytes)
	return prepare(fmt.Sprintf("%x\r\n%s\r\n", length, source))
}

// append adds the template to buffer and fills in the usage. Returns where its text is, if it has one.
func (t template) append(buffer []byte, tokens usage) ([]byte, int) {
	start := len(buffer)
	buffer = append(buffer, t.bytes...)
	if t.input >= 0 {
		putNumber(buffer[start+t.input:start+t.input+usageWidth], tokens.input)
	}
	if t.output >= 0 {
		putNumber(buffer[start+t.output:start+t.output+usageWidth], tokens.output)
	}
	return buffer, start + t.text
}
