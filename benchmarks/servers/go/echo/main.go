// SPDX-License-Identifier: MIT

// The echo server on Go's net: a goroutine a client. Run: go_echo [port] [bytes of a buffer].
package main

import (
	"net"

	"rill/benchmarks/servers/support"
)

func main() {
	size := support.Number(2, 1024)
	support.Serve(func(client *net.TCPConn) {
		buffer := make([]byte, size)
		for {
			count, err := client.Read(buffer)
			if err != nil {
				return
			}
			if _, err := client.Write(buffer[:count]); err != nil {
				return
			}
		}
	})
}
