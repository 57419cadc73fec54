// SPDX-License-Identifier: MIT

// The echo server on Go's net: a goroutine a client. Run: go_echo [port] [bytes of a buffer].
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func session(client net.Conn, size int) {
	defer client.Close()
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
}

func main() {
	port, size := "0", 1024
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	if len(os.Args) > 2 {
		size, _ = strconv.Atoi(os.Args[2])
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go session(client, size)
	}
}
