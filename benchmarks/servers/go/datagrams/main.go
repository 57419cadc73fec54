// SPDX-License-Identifier: MIT

// UDP echo on Go's net. Run: go_datagrams [port] [bytes of the buffer].
package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
)

func main() {
	port, size := "0", 1024
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	if len(os.Args) > 2 {
		size, _ = strconv.Atoi(os.Args[2])
	}
	address := netip.MustParseAddrPort("127.0.0.1:" + port)
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
	if err != nil {
		panic(err)
	}
	fmt.Println(socket.LocalAddr())
	buffer := make([]byte, size)
	for {
		count, peer, err := socket.ReadFromUDPAddrPort(buffer)
		if err == nil {
			socket.WriteToUDPAddrPort(buffer[:count], peer)
		}
	}
}
