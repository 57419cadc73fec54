#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""server_test.py SERVER: starts the README's server, talks to it with two clients at a time, stops it, and looks at what it was linked to."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

# Of the compiler and of the system, with what the sanitizers of a build bring along.
EXPECTED = re.compile(r'(libstdc\+\+|libc\+\+|libc\+\+abi|libgcc_s|libunwind|libm|libc|libpthread|librt|libdl|libatomic|ld-[\w-]+|lib(a|t|ub|l)san)\.so')
LIMIT = 60  # seconds


def talk(port):
    with socket.create_connection(('127.0.0.1', port), LIMIT) as one, socket.create_connection(('127.0.0.1', port), LIMIT) as two:
        for client, word in ((one, b'hello'), (two, b'good day'), (one, b'bye')):
            client.sendall(word)
            heard = b''
            while len(heard) < len(word):
                part = client.recv(64)
                assert part, f'the server hung up after {heard!r} of {word!r}'
                heard += part
            assert heard == word, f'{heard!r} came back for {word!r}'
        one.shutdown(socket.SHUT_WR)
        assert one.recv(64) == b'', 'the server did not see the end of the stream'


def unexpected_libraries(program):
    if not sys.platform.startswith('linux') or shutil.which('readelf') is None:
        return []
    listing = subprocess.run(['readelf', '--dynamic', program], check=True, capture_output=True, text=True).stdout
    return [name for name in re.findall(r'\(NEEDED\).*\[(.*)\]', listing) if not EXPECTED.match(name)]


def main():
    program = sys.argv[1]
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as server:
        try:
            talk(int(server.stdout.readline()))
            if os.name == 'posix':
                server.send_signal(signal.SIGTERM)
                assert server.wait(LIMIT) == 0, f'the server ended with {server.returncode}'
        finally:
            server.kill()
    others = unexpected_libraries(program)
    assert not others, f'it is linked to {others}'


if __name__ == '__main__':
    main()
