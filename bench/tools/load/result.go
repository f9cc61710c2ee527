package main

// result of a measurement.
type result struct {
	Seconds float64 `json:"seconds"`
	// Answers that were complete and right, from the first to the last, warm-up included.
	Answers        int `json:"answers"`
	CountedAnswers int `json:"countedAnswers"`
	CountedChunks  int `json:"countedChunks"`
	// Statuses of all answers; Failures by kind.
	Statuses   map[int]int    `json:"statuses"`
	Failures   map[string]int `json:"failures"`
	Latency    percentiles    `json:"latency"`
	FirstByte  percentiles    `json:"firstByte"`
	ChunkDelay percentiles    `json:"chunkDelay"`
	Aborts     []abort        `json:"aborts"`
}

func (w *work) collect() *result {
	out := &result{
		Seconds:  w.end.Sub(w.begin).Seconds(),
		Statuses: map[int]int{},
		Failures: map[string]int{},
		Aborts:   []abort{},
	}
	var latency, firstBytes, chunkDelay []int64
	for _, c := range w.connections {
		out.Answers += c.seen.answers
		out.CountedAnswers += c.seen.countedAnswers
		out.CountedChunks += c.seen.countedChunks
		for status, count := range c.seen.statuses {
			out.Statuses[status] += count
		}
		for kind, count := range c.seen.failures {
			out.Failures[kind] += count
		}
		latency = append(latency, c.seen.latency...)
		firstBytes = append(firstBytes, c.seen.firstBytes...)
		chunkDelay = append(chunkDelay, c.seen.chunkDelay...)
		out.Aborts = append(out.Aborts, c.seen.aborts...)
	}
	out.Latency = percentilesOf(latency)
	out.FirstByte = percentilesOf(firstBytes)
	out.ChunkDelay = percentilesOf(chunkDelay)
	return out
}
