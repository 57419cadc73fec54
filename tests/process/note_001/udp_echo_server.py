# The UDP echo server of note 001 as it stands there; only the address comes from the command line.
import sys
import socket

udp_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp_server.bind((sys.argv[1], int(sys.argv[2])))

while True:
    recv_data, recv_address = udp_server.recvfrom(1024)
    udp_server.sendto(recv_data, recv_address)
