//! Built with `panic = "abort"`: what is dropped only while unwinding is not there at all.

pub struct Feed {
    pub last: Vec<u8>,
    pub total: u64,
}

impl Feed {
    // ringfence: root
    pub fn keep(&mut self, payload: &[u8]) {
        self.last = payload.to_vec(); //~ RF101 hot; RF103 hot
    }

    // ringfence: root
    pub fn boxed(&self, step: fn(u64) -> u64) -> Box<u64> {
        let mut kept = Box::new(self.total); //~ RF101 hot always
        *kept = step(*kept); //~ RF402 hot always; RF902 hot always
        kept
    }

    // ringfence: root
    #[inline(never)]
    pub fn at(&self, index: usize) -> u8 {
        self.last[index]
    }

    // ringfence: root
    #[inline(never)]
    pub fn parse(&self, text: &str) -> u64 {
        text.parse().expect("a number")
    }
}
