# The greeting client of note 002 as it stands there; only the address comes from the command line.
import sys
import socket

cli_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cli_socket.connect((sys.argv[1], int(sys.argv[2])))

recv_data_bytes =  cli_socket.recv(1024)
recv_data = recv_data_bytes.decode(encoding='utf-8')
print(f'客户端接收到: {recv_data}')

cli_socket.send('收到, 已开始学习, So Easy!'.encode(encoding='utf-8'))

cli_socket.close()
