// SPDX-License-Identifier: MIT

// UDP echo on Go's net. Run: go_datagrams [port] [bytes of the buffer].
package main

import (
	"fmt"
	"net"
	"net/netip"

	"rill/benchmarks/servers/support"
)

func main() {
	address := netip.MustParseAddrPort(support.Address(support.Number(1, 0)))
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
	if err != nil {
		panic(err)
	}
	fmt.Println(socket.LocalAddr())
	buffer := make([]byte, support.Number(2, 1024))
	for {
		count, peer, err := socket.ReadFromUDPAddrPort(buffer)
		if err == nil {
			socket.WriteToUDPAddrPort(buffer[:count], peer)
		}
	}
}
