package main

import "sort"

// percentiles are exact: every sample was kept. In µs.
type percentiles struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// percentilesOf samples in ns; it sorts them.
func percentilesOf(samples []int64) percentiles {
	if len(samples) == 0 {
		return percentiles{}
	}
	sort.Slice(samples, func(i, j int) bool { return samples[i] < samples[j] })
	// Nearest rank: the smallest sample that at least this part of all do not exceed.
	at := func(part float64) float64 {
		rank := int(part*float64(len(samples)) + 0.999999)
		return float64(samples[max(rank, 1)-1]) / 1e3
	}
	return percentiles{len(samples), at(0.5), at(0.9), at(0.99), float64(samples[len(samples)-1]) / 1e3}
}
