# The download client of note 001 as it stands there.
import socket

def main():
  tcp_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

  ip_addr = input("enter the ip of the server: ")
  port_num = int(input("enter the port of the server: "))
  tcp_socket.connect((ip_addr, port_num))

  file_name = input("enter the name of file: ")
  tcp_socket.send(file_name.encode(encoding = "utf-8"))

  recv_data = tcp_socket.recv(1024)

  if (recv_data):
    with open("new " + file_name, "wb") as f:
      f.write(recv_data)

  tcp_socket.close()

if __name__ == "__main__":
  main()
