module rill/benchmarks/servers

go 1.19
