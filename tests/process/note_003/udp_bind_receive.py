# The UDP receiver of note 003 as it stands there; only the address comes from the command line.
import sys
from socket import *

udp_socket = socket(AF_INET, SOCK_DGRAM)
local_addr = (sys.argv[1], int(sys.argv[2]))
udp_socket.bind(local_addr)
recv_data = udp_socket.recvfrom(1024)
print(recv_data[0].decode('gbk'))
udp_socket.close()
