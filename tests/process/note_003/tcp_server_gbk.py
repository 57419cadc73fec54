# The TCP server of note 003 as it stands there; only the address comes from the command line.
import sys
from socket import *
tcp_server_socket = socket(AF_INET, SOCK_STREAM)
address = (sys.argv[1], int(sys.argv[2]))
tcp_server_socket.bind(address)
tcp_server_socket.listen(128)
client_socket, clientAddr = tcp_server_socket.accept()
recv_data = client_socket.recv(1024)
print('接收到的数据为:', recv_data.decode('gbk'))
client_socket.send("thank you !".encode('gbk'))
client_socket.close()
