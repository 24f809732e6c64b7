//! A container with a cold way to grow: new in each call it always takes that way, kept it seldom does.

pub struct Page {
    bytes: Box<[u8]>,
    used: usize,
}

impl Page {
    pub fn empty() -> Self {
        Self { bytes: Box::default(), used: 0 }
    }

    #[inline(always)]
    pub fn add(&mut self, byte: u8) {
        if self.used == self.bytes.len() {
            self.enlarge();
        }
        self.bytes[self.used] = byte;
        self.used += 1;
    }

    #[cold]
    #[inline(never)]
    fn enlarge(&mut self) {
        let mut larger = vec![0; (self.bytes.len() * 2).max(64)].into_boxed_slice();
        larger[..self.used].copy_from_slice(&self.bytes[..self.used]);
        self.bytes = larger;
    }
}

// ringfence: root
#[inline(never)]
pub fn new_page(byte: u8) -> u8 {
    let mut page = Page::empty();
    page.add(byte);
    page.bytes[0] ^ 1
}

// ringfence: root
#[inline(never)]
pub fn kept_page(page: &mut Page, byte: u8) {
    page.add(byte);
}
