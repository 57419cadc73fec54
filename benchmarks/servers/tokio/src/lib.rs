// SPDX-License-Identifier: MIT
//! What the servers share: the command line, the line with the address, the loop that accepts, and a buffer that begins at a
//! page, as those of the servers in C++ do.
use std::future::Future;
use tokio::net::{TcpListener, TcpStream};

fn number(index: usize, otherwise: usize) -> usize {
    std::env::args().nth(index).map_or(otherwise, |each| each.parse().expect("a number"))
}

pub fn port() -> u16 {
    number(1, 0) as u16
}

/// The port, and the size of the buffers.
pub fn arguments() -> (u16, usize) {
    (port(), number(2, 1024))
}

/// Of what sends a file: its path.
pub fn file() -> String {
    std::env::args().nth(2).expect("a file")
}

/// Of a proxy: whom its clients talk to.
pub fn target() -> (&'static str, u16) {
    ("127.0.0.1", number(3, 0) as u16)
}

pub fn announce(address: std::io::Result<std::net::SocketAddr>) {
    println!("{}", address.expect("an address"));
}

/// Accepts for ever, and spawns a session for each client.
pub async fn serve<Session>(port: u16, session: impl Fn(TcpStream) -> Session) -> std::io::Result<()>
where
    Session: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    announce(listener.local_addr());
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(session(client));
    }
}

/// Memory whose part from `begin` on is a buffer of that size; above 4 KiB it begins at a page.
pub fn buffer(size: usize) -> (Vec<u8>, std::ops::Range<usize>) {
    if size <= 4096 {
        return (vec![0; size], 0..size);
    }
    let memory = vec![0; size + 4096];
    let begin = memory.as_ptr().align_offset(4096);
    (memory, begin..begin + size)
}
