// SPDX-License-Identifier: MIT

// Sends one file to whoever connects, on Go's net: io.Copy of a file to a connection is sendfile. Run: go_files port file.
package main

import (
	"io"
	"net"
	"os"

	"rill/benchmarks/servers/support"
)

func main() {
	support.Serve(func(client *net.TCPConn) {
		file, err := os.Open(os.Args[2])
		if err != nil {
			panic(err)
		}
		defer file.Close()
		io.Copy(client, file)
	})
}
