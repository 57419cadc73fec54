// SPDX-License-Identifier: MIT
//! A proxy on tokio's one-threaded run-time: its own `copy_bidirectional`. Run: tokio_proxy port bytes-of-a-buffer port-of-the-target.
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let (port, size) = rill_benchmark_servers::arguments();
    let session = move |mut client: TcpStream| async move {
        if let Ok(mut target) = TcpStream::connect(rill_benchmark_servers::target()).await {
            let _ = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut target, size, size).await;
        }
    };
    rill_benchmark_servers::serve(port, session).await
}
