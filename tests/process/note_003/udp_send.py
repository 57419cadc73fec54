# The UDP sender of note 003 as it stands there; only the address comes from the command line.
import sys
from socket import *

udp_socket = socket(AF_INET, SOCK_DGRAM)
dest_addr = (sys.argv[1], int(sys.argv[2]))
send_data = input("请输入要发送的数据:")
udp_socket.sendto(send_data.encode('utf-8'), dest_addr)
udp_socket.close()
