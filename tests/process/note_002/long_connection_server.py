# The server of a long connection of note 002 as it stands there; only the address comes from the command line.
import sys
import socket

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.bind((sys.argv[1], int(sys.argv[2])))
server_socket.listen(5)
print('服务器端, 开始监听了...')

accept_socket, client_info = server_socket.accept()

while True:
    recv_data_bytes = accept_socket.recv(1024)
    recv_data = recv_data_bytes.decode(encoding='utf-8')
    print(f'服务器端收到回执信息: {recv_data}')

    if recv_data == '886':
        break

accept_socket.close()
