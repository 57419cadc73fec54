# The TCP server that goes on of note 003 as it stands there; only the address comes from the command line.
import sys
import socket
def main():
	tcp_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
	localtion_address = (sys.argv[1], int(sys.argv[2]))
	tcp_socket.bind(localtion_address)
	tcp_socket.listen(128)
	while True:
		print("等待新的客户端连接")
		new_socket, address = tcp_socket.accept()
		print("连接的客户端信息为："+str(address))
		while True:
			recv_data = new_socket.recv(1024)
			if recv_data:
				print("客户端发来的信息为："+recv_data.decode("gbk"))
				new_socket.send("您好，这里是服务端，收到你的信息".encode("gbk"))
			else:
				break
		new_socket.close()
	tcp_socket.close()
if __name__ == "__main__":
	main()
