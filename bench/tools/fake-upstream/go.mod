module sluice/bench/fake-upstream

go 1.21
