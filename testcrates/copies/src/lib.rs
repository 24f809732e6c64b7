//! Large values that are cloned, copied or moved, beside small ones and references.

use std::hint::black_box;

#[derive(Clone, Copy)]
pub struct Book {
    pub bids: [u64; 64],
    pub asks: [u64; 64],
}

/// Plain data, too, but `Clone` only.
#[derive(Clone)]
pub struct Ladder {
    pub steps: [u32; 500],
}

#[derive(Clone, Copy)]
pub struct Quote {
    pub bid: u64,
    pub ask: u64,
}

pub struct Engine {
    pub book: Book,
    pub ladder: Ladder,
    pub quote: Quote,
    pub last: Option<Book>,
    pub log: Vec<u8>,
    pub frame: [u8; 4096],
    pub head: [u8; 16],
}

#[inline(never)]
fn publish(book: Book) -> u64 {
    black_box(&book).bids[3]
}

#[inline(never)]
fn publish_by_reference(book: &Book) -> u64 {
    black_box(book).bids[4]
}

impl Engine {
    // ringfence: root
    #[inline(never)]
    pub fn send_copy(&self) -> u64 {
        publish(self.book.clone()) //~ RF501 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn snapshot(&self) -> Ladder {
        self.ladder.clone() //~ RF501 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn keep(&mut self) {
        self.last = Some(self.book); //~ RF502 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn take_over(&mut self, frame: &[u8; 4096]) {
        self.frame.copy_from_slice(frame); //~ RF501 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn gather(&mut self, parts: &[&[u8]]) {
        for part in parts {
            if part.len() <= self.log.capacity() - self.log.len() {
                self.log.extend_from_slice(part); //~ RF501 hot loop=1
            }
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn clear(&mut self) {
        self.frame.fill(0); //~ RF501 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn remember(&self, history: &mut Vec<Book>) {
        history.push(self.book); //~ RF502 hot; RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn send_reference(&self) -> u64 {
        publish_by_reference(&self.book)
    }

    // ringfence: root
    #[inline(never)]
    pub fn small(&self) -> Quote {
        self.quote.clone()
    }

    // ringfence: root
    #[inline(never)]
    pub fn small_array(&mut self, head: &[u8; 16]) {
        self.head.copy_from_slice(head);
    }

    /// The clone is never seen: LLVM reads the two fields.
    // ringfence: root
    #[inline(never)]
    pub fn spread(&self) -> u64 {
        let book = self.book.clone();
        book.asks[0] - book.bids[0]
    }

    /// Built in its final place.
    // ringfence: root
    #[inline(never)]
    pub fn built(&self, price: u64) -> Book {
        Book { bids: [price; 64], asks: [price + 1; 64] }
    }

    /// Once, whatever its size: no loop.
    // ringfence: root
    #[inline(never)]
    pub fn one_slice(&self, to: &mut [u8], from: &[u8]) {
        to.copy_from_slice(from);
    }
}
