//! Prints size, alignment and field offsets of the library's types as rustc lays them out: one line a type.

use layouts::*;
use std::mem::{align_of, offset_of, size_of};

macro_rules! measure {
    ($type:ty $(, $field:tt)*) => {{
        let path = std::any::type_name::<$type>();
        print!("{path}|{}|{}", size_of::<$type>(), align_of::<$type>());
        $(print!("|{}={}", stringify!($field), offset_of!($type, $field));)*
        println!();
    }};
}

fn main() {
    measure!(Plain, flag, count, code);
    measure!(Ordered, flag, count, code);
    measure!(Packed, flag, count);
    measure!(PackedToTwo, flag, count);
    measure!(Padded, value);
    measure!(Straddling, name, last, after);
    measure!(Wrapper, 0);
    measure!(Pair, 0, 1, 2);
    measure!(Nothing);
    measure!(Generic<u16>, first, second, third);
    measure!(Owner, queue, ready, generic, boxed, text, object, table);
    measure!(Either, number, bytes);
    measure!(Plainly);
    measure!(Wide);
    measure!(Niche);
}
