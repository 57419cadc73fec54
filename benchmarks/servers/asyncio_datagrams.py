# SPDX-License-Identifier: MIT
"""UDP echo on Python's asyncio, as its documentation has it. Run: asyncio_datagrams.py [port]."""
import asyncio
import sys


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(data, peer)


async def main():
    loop = asyncio.get_running_loop()
    where = ("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=where)
    print("%s:%d" % transport.get_extra_info("sockname"), flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main())
