// SPDX-License-Identifier: MIT
//! The echo server on tokio's one-threaded run-time, as its documentation has it. Run: tokio_echo [port] [bytes of a buffer].
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let (port, size) = rill_benchmark_servers::arguments();
    let session = move |mut client: tokio::net::TcpStream| async move {
        let (mut memory, whole) = rill_benchmark_servers::buffer(size);
        let buffer = &mut memory[whole];
        loop {
            match client.read(buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    if client.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    rill_benchmark_servers::serve(port, session).await
}
