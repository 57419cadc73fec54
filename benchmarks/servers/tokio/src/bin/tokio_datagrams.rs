// SPDX-License-Identifier: MIT
//! UDP echo on tokio's one-threaded run-time. Run: tokio_datagrams [port] [bytes of the buffer].
use tokio::net::UdpSocket;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let (port, size) = rill_benchmark_servers::arguments();
    let socket = UdpSocket::bind(("127.0.0.1", port)).await?;
    rill_benchmark_servers::announce(socket.local_addr());
    let mut buffer = vec![0; size];
    loop {
        if let Ok((count, peer)) = socket.recv_from(&mut buffer).await {
            let _ = socket.send_to(&buffer[..count], peer).await;
        }
    }
}
