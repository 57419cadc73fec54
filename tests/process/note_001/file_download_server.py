# The download server of note 001 as it stands there; only the address comes from the command line.
import sys
import socket

def send_file_2_client(new_client_socket, client_addr):
  file_name = new_client_socket.recv(1024).decode("utf-8")
  print("client %s want to download %s: " % (str(client_addr), file_name))

  file_content = None
  try:
    f = open(file_name, "rb")
    file_content  = f.read()
    f.close()
  except Exception as ret:
    print("did not find file %s: " % file_name)

  if (file_content):
    new_client_socket.send(file_content)

def main():
  tcp_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
  tcp_socket.bind((sys.argv[1], int(sys.argv[2])))
  tcp_socket.listen(128)

  while True:
    print("wait client... ")
    new_client_socket, client_addr = tcp_socket.accept()
    print("%s client connected " % str(client_addr))

    send_file_2_client(new_client_socket, client_addr)

    print("client " + str(client_addr) +  " losed connection")
    new_client_socket.close()

  tcp_socket.close()


if __name__=="__main__":
  main()
