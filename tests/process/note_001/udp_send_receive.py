# The UDP program of note 001 as it stands there; only the addresses come from the command line.
import sys
import socket

udp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp_socket.bind(('', int(sys.argv[3])))

data = input("请输入你想要对服务器说的话：")
ip_address = sys.argv[1]
port_num = int(sys.argv[2])
udp_socket.sendto(data.encode(encoding="utf-8"), (ip_address, port_num))

recv_data, remote_address = udp_socket.recvfrom(1024)
recv_data = recv_data.decode("utf-8")
print("收到来自: %s 的数据：%s" % (str(remote_address),recv_data))

udp_socket.close()
