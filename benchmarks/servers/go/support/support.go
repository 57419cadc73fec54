// SPDX-License-Identifier: MIT

// Package support is what the servers share: the command line, and the loop that accepts.
package support

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

// Number is a number of the command line, or another where there is none.
func Number(index, otherwise int) int {
	if len(os.Args) <= index {
		return otherwise
	}
	number, err := strconv.Atoi(os.Args[index])
	if err != nil {
		panic(err)
	}
	return number
}

// Address is a port on loopback.
func Address(port int) string {
	return "127.0.0.1:" + strconv.Itoa(port)
}

// Serve tells where it listens, and starts a goroutine for each client, whom it closes after that.
func Serve(session func(client *net.TCPConn)) {
	listener, err := net.Listen("tcp4", Address(Number(1, 0)))
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			defer client.Close()
			session(client.(*net.TCPConn))
		}()
	}
}
