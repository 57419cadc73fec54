# The upload client of note 002 as it stands there; only address and file come from the command line.
import sys
import socket

cli_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cli_socket.connect((sys.argv[1], int(sys.argv[2])))

with open(sys.argv[3], 'rb') as src_f:
    while True:
        data = src_f.read(1024)
        cli_socket.send(data)
        if len(data) <= 0:
            break

cli_socket.close()
