// SPDX-License-Identifier: MIT
//! Sends one file to whoever connects, on tokio: `tokio::io::copy` from its `File`, which reads on a thread of its pool. Run:
//! tokio_files port file.
use tokio::fs::File;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let port = rill_benchmark_servers::port();
    let session = |mut client: tokio::net::TcpStream| async move {
        let mut file = File::open(rill_benchmark_servers::file()).await.expect("the file");
        let _ = tokio::io::copy(&mut file, &mut client).await;
    };
    rill_benchmark_servers::serve(port, session).await
}
