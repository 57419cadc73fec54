// SPDX-License-Identifier: MIT
//! What the servers share: the command line, the line with the address, and a buffer that begins at a page, as those of
//! the servers in C++ do.

/// The port, and the size of the buffers.
pub fn arguments() -> (u16, usize) {
    let mut all = std::env::args().skip(1).map(|each| each.parse::<usize>().expect("a number"));
    (all.next().unwrap_or(0) as u16, all.next().unwrap_or(1024))
}

pub fn announce(address: std::io::Result<std::net::SocketAddr>) {
    println!("{}", address.expect("an address"));
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
