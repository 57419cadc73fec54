# The client of a long connection of note 002 as it stands there; only the address comes from the command line.
import sys
import socket

cli_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cli_socket.connect((sys.argv[1], int(sys.argv[2])))

while True:
    result = input('请录入您要发给服务器的信息: ')
    cli_socket.send(result.encode(encoding='utf-8'))
    if result == '886':
        break

cli_socket.close()
