# SPDX-License-Identifier: MIT
"""The echo server on Python's asyncio, as its documentation has it. Run: asyncio_echo.py [port]."""
import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0, backlog=4096)
    print("%s:%d" % server.sockets[0].getsockname(), flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
