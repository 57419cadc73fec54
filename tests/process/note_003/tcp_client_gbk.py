# The TCP client of note 003 as it stands there.
from socket import *

tcp_client_socket = socket(AF_INET, SOCK_STREAM)

server_ip = input("请输入服务器ip:")
server_port = int(input("请输入服务器port:"))

tcp_client_socket.connect((server_ip, server_port))

send_data = input("请输入要发送的数据：")

tcp_client_socket.send(send_data.encode("gbk"))

recvData = tcp_client_socket.recv(1024)
print('接收到的数据为:', recvData.decode('gbk'))

tcp_client_socket.close()
