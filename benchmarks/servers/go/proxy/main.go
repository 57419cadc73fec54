// SPDX-License-Identifier: MIT

// A proxy on Go's net: io.Copy in both directions, which lets the kernel move the bytes (splice), so that the size of a buffer is its own
// affair. Run: go_proxy port bytes-of-a-buffer port-of-the-target.
package main

import (
	"io"
	"net"

	"rill/benchmarks/servers/support"
)

// Until the one has ended, which the other is told.
func transfer(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	to.CloseWrite()
}

func main() {
	support.Serve(func(client *net.TCPConn) {
		made, err := net.Dial("tcp4", support.Address(support.Number(3, 0)))
		if err != nil {
			return
		}
		defer made.Close()
		target := made.(*net.TCPConn)
		done := make(chan struct{})
		go func() {
			transfer(target, client)
			close(done)
		}()
		transfer(client, target)
		<-done
	})
}
