package main

import "strings"

// dialect is how one API writes its answers.
type dialect struct {
	// json is the answer around its text; the text's place is between both.
	jsonBefore, jsonAfter template
	// head, then any number of chunk, then tail.
	head, chunk, tail template
}

const streamHeaders = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"

const lastChunk = "0\r\n\r\n"

func sse(events ...string) string {
	var out strings.Builder
	for _, event := range events {
		name, data, isNamed := strings.Cut(event, "\t")
		if isNamed {
			out.WriteString("event: " + name + "\n")
		} else {
			data = name
		}
		out.WriteString("data: " + data + "\n\n")
	}
	return out.String()
}

const openAIChunk = `{"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1767225600,"model":"bench-model","choices":[{"index":0,"delta":`

var openAI = dialect{
	jsonBefore: prepare(`{"id":"chatcmpl-0123456789","object":"chat.completion","created":1767225600,"model":"bench-model","choices":[{"index":0,"message":{"role":"assistant","content":"`),
	jsonAfter:  prepare(`","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":` + inputMark + `,"completion_tokens":` + outputMark + `}}`),
	head:       prepareChunk(sse(openAIChunk + `{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}`)),
	chunk:      prepareChunk(sse(openAIChunk + `{"content":"` + textMark + `"},"logprobs":null,"finish_reason":null}]}`)),
	tail: prepareChunk(sse(
		openAIChunk+`{},"logprobs":null,"finish_reason":"stop"}]}`,
		`{"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1767225600,"model":"bench-model","choices":[],"usage":{"prompt_tokens":`+inputMark+`,"completion_tokens":`+outputMark+`}}`,
		"[DONE]",
	)),
}

const anthropicMessage = `"id":"msg_0123456789","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929"`

var anthropic = dialect{
	jsonBefore: prepare(`{` + anthropicMessage + `,"content":[{"type":"text","text":"`),
	jsonAfter:  prepare(`"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":` + inputMark + `,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":` + outputMark + `}}`),
	head: prepareChunk(sse(
		`message_start`+"\t"+`{"type":"message_start","message":{`+anthropicMessage+`,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":`+inputMark+`,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}`,
		`content_block_start`+"\t"+`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
	)),
	chunk: prepareChunk(sse(`content_block_delta` + "\t" + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + textMark + `"}}`)),
	tail: prepareChunk(sse(
		`content_block_stop`+"\t"+`{"type":"content_block_stop","index":0}`,
		`message_delta`+"\t"+`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":`+outputMark+`}}`,
		`message_stop`+"\t"+`{"type":"message_stop"}`,
	)),
}

// responses is for proxies that pass a request on as it is; no target asks for its stream.
var responses = dialect{
	jsonBefore: prepare(`{"id":"resp_0123456789","object":"response","created_at":1767225600,"status":"completed","model":"bench-model","output":[{"id":"msg_0123456789","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"`),
	jsonAfter:  prepare(`"}]}],"usage":{"input_tokens":` + inputMark + `,"output_tokens":` + outputMark + `}}`),
	head:       openAI.head,
	chunk:      openAI.chunk,
	tail:       openAI.tail,
}
