//! Another module, and with many codegen units another unit.

macro_rules! stirred {
    ($value:expr, $($by:literal)*) => {{
        let mut value: u64 = $value;
        $(value = (value ^ (value >> 29)).wrapping_mul($by).rotate_left(7);)*
        value
    }};
}

/// Long enough not to be copied into another unit, and inlined all the same where its only caller stands beside it.
pub fn boxed(value: u64) -> Box<u64> {
    Box::new(stirred!(value, 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 33 35 37 39 41 43 45 47 49 51 53 55 57 59 61 63))
}
