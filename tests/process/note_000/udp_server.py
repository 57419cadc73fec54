# The UDP server of note 000 as it stands there; only the address comes from the command line.
import sys
from socket import *

udp_serversocket = socket(AF_INET, SOCK_DGRAM)
IP = sys.argv[1]
PORT = int(sys.argv[2])
udp_serversocket.bind((IP, PORT))
while True:
    BUFLEN = 1024
    recv_data = udp_serversocket.recvfrom(BUFLEN)
    recv_msg = recv_data[0]
    send_addr = str(recv_data[1])
    print(f'{send_addr}:{recv_msg.decode()}')
    print(recv_data)
udp_serversocket.close()
