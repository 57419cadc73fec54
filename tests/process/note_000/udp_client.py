# The UDP client of note 000 as it stands there; only the address comes from the command line.
import sys
from socket import *

udp_socket = socket(AF_INET, SOCK_DGRAM)
while True:
    content = input('>>>')
    if content == 'exit':
        break
    IP = sys.argv[1]
    PORT = int(sys.argv[2])
    udp_socket.sendto(content.encode("utf-8"), (IP, PORT))
udp_socket.close()
