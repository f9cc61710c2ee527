package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// The form of a chunk of text: `[stream.chunk time] filler`, as the fake upstream writes it. In JSON, and in plain.
const (
	textStamp  = `[00000000.00000 0000000000000000000]`
	fillerJSON = ` the quick \"brown\" fox – jumps\n`
	filler     = " the quick \"brown\" fox – jumps\n"
)

var (
	errText  = errors.New("text differs from what the upstream sent")
	errOrder = errors.New("chunk missing, doubled or out of order")
)

// piece is one chunk of text that was found.
type piece struct {
	stream, chunk, sentNs int64
}

// readPieces checks a JSON string (without its quotes) that holds whole chunks. It calls each for every one.
func readPieces(raw []byte, each func(piece) error) error {
	rest, end := raw, []byte(fillerJSON)
	if !bytes.HasSuffix(raw, end) {
		// Written with other escapes: the same text all the same.
		var text string
		if err := json.Unmarshal([]byte(`"`+string(raw)+`"`), &text); err != nil {
			return errText
		}
		rest, end = []byte(text), []byte(filler)
	}
	for len(rest) > 0 {
		if len(rest) < len(textStamp)+len(end) {
			return errText
		}
		found, err := readStamp(rest[:len(textStamp)])
		if err != nil {
			return err
		}
		rest = rest[len(textStamp):]
		if !bytes.HasPrefix(rest, end) {
			return errText
		}
		rest = rest[len(end):]
		if err := each(found); err != nil {
			return err
		}
	}
	return nil
}

func readStamp(stamp []byte) (piece, error) {
	if stamp[0] != '[' || stamp[9] != '.' || stamp[15] != ' ' || stamp[35] != ']' {
		return piece{}, errText
	}
	stream, err1 := strconv.ParseInt(string(stamp[1:9]), 10, 64)
	chunk, err2 := strconv.ParseInt(string(stamp[10:15]), 10, 64)
	sent, err3 := strconv.ParseInt(string(stamp[16:35]), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return piece{}, errText
	}
	return piece{stream, chunk, sent}, nil
}
