# The TCP server of note 000 as it stands there; only the address comes from the command line, and port 0 becomes a real one.
import sys
from socket import *

listenSocket = socket(AF_INET, SOCK_STREAM)

IP = sys.argv[1]
PORT = int(sys.argv[2])
BUFLEN = 512
listenSocket.bind((IP, PORT))
PORT = listenSocket.getsockname()[1]

listenSocket.listen(128)
print(f'服务端启动成功，在{PORT}端口等待客户端连接...')

dataSocket, client_addr = listenSocket.accept()
print('接受一个客户端连接:', client_addr)

while True:
    recved = dataSocket.recv(BUFLEN)
    if not recved:
        break
    info = recved.decode()
    print(f'收到对方信息： {info}')
    dataSocket.send(f'服务端接收到了信息 {info}'.encode())

dataSocket.close()
listenSocket.close()
