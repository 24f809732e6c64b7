//! A field across two lines that is touched, one that is not, and one in a value that may begin anywhere.

#[repr(C, align(64))]
pub struct Plant {
    name: [u8; 56],
    last: [u64; 2],
    count: u64,
}

impl Plant {
    // ringfence: root
    #[inline(never)]
    pub fn spread(&self) -> u64 {
        self.last[0] ^ self.last[1] //~ RF301 hot always
    }

    // ringfence: root
    #[inline(never)]
    pub fn next(&mut self) -> u64 {
        self.count += u64::from(self.name[0]);
        self.count
    }
}

#[repr(C)]
pub struct Adrift {
    name: [u64; 7],
    last: u128,
}

impl Adrift {
    // ringfence: root
    #[inline(never)]
    pub fn last(&self) -> u128 {
        self.last
    }

    // ringfence: root
    #[inline(never)]
    pub fn name(&self) -> u64 {
        self.name[3]
    }
}

/// No root touches it.
pub struct Spare {
    pub count: u64,
}

#[inline(never)]
pub fn spare(value: &Spare) -> u64 {
    value.count
}
