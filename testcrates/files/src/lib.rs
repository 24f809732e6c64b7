//! Files, sockets, standard output and channels; buffers in memory stay silent.
//!
//! An `io::Error` may own a box: wherever one is dropped, something may be freed through a vtable.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::Receiver;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct Feed {
    pub file: File,
    pub socket: TcpStream,
    pub inbox: Receiver<u64>,
    pub buffer: [u8; 256],
    pub sequence: AtomicU64,
}

impl Feed {
    // ringfence: root
    pub fn read_file(&mut self) -> usize {
        self.file.read(&mut self.buffer).unwrap_or(0) //~ RF202 hot always; RF103 hot; RF401 hot
    }

    // ringfence: root
    pub fn send(&mut self) -> bool {
        self.socket.write_all(&self.buffer).is_ok() //~ RF202 hot always; RF103 hot; RF401 hot
    } //~ RF103 hot; RF401 hot

    // ringfence: root
    pub fn next(&self) -> Option<u64> {
        self.inbox.recv().ok() //~ RF202 hot; RF201 hot; RF103 hot; RF102 amortized; RF101 first-use
        //~^ RF101 cold; RF102 cold; RF102 first-use; RF103 cold; RF201 hot; RF202 cold
    }

    // ringfence: root
    pub fn trace(&self, price: u64) {
        println!("price {price}");
        //~^ RF101 first-use; RF102 amortized; RF103 hot; RF201 hot; RF202 hot; RF401 hot
        //~^ RF101 cold; RF102 cold; RF201 hot; RF202 cold; RF202 first-use; RF401 first-use; RF401 hot
    }

    // ringfence: root
    pub fn sync(&self) -> bool {
        self.file.sync_data().is_ok() //~ RF202 hot always; RF103 hot; RF401 hot
    } //~ RF103 hot; RF401 hot

    // ringfence: root
    #[inline(never)]
    pub fn to_memory(&mut self, data: &[u8]) -> usize {
        let mut room = &mut self.buffer[..];
        room.write(data).unwrap_or(0)
    }

    // ringfence: root
    #[inline(never)]
    pub fn from_memory(&mut self, mut data: &[u8]) -> usize {
        data.read(&mut self.buffer).unwrap_or(0)
    }

    // ringfence: root
    #[inline(never)]
    pub fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }
}

// ringfence: root
pub fn wait_for_a_signal() {
    std::thread::park(); //~ RF101 cold; RF102 cold; RF103 hot; RF202 hot; RF103 cold
}
