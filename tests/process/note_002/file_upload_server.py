# The upload server of note 002 as it stands there; only the address comes from the command line.
import sys
import socket

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.bind((sys.argv[1], int(sys.argv[2])))
server_socket.listen(5)
print('服务器端, 开始监听了...')

accept_socket, client_info = server_socket.accept()

with open('./data/hg.txt', 'wb') as dest_f:
    while True:
        data = accept_socket.recv(1024)
        if len(data) <= 0:
            break
        dest_f.write(data)

accept_socket.close()
