# The TCP client of note 000 as it stands there; only the address comes from the command line.
import sys
from socket import *

tcpc_Socket = socket(AF_INET, SOCK_STREAM)

IP = sys.argv[1]
SERVER_PORT = int(sys.argv[2])
BUFLEN = 1024
tcpc_Socket.connect((IP, SERVER_PORT))

while True:
    toSend = input('>>> ')
    if toSend == 'exit':
        break
    tcpc_Socket.send(toSend.encode())
    recved = tcpc_Socket.recv(BUFLEN)
    if not recved:
        break
    print(recved.decode())

tcpc_Socket.close()
