//! Calls that a macro writes.

pub mod call {
    fn leaf(value: u32) -> u32 {
        hit!();
        value
    }

    macro_rules! twice {
        ($function:ident, $value:expr) => {
            $function($function($value))
        };
    }

    // ringfence: root
    //~ calls: leaf
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        twice!(leaf, value)
    }
}

pub mod functions {
    macro_rules! stages {
        ($($name:ident)*) => {
            $(#[inline(never)]
            fn $name(value: u32) -> u32 {
                hit!();
                value
            })*

            fn all(mut value: u32) -> u32 {
                hit!();
                $(value = $name(value);)*
                value
            }
        };
    }

    stages!(parse check store);

    // ringfence: root
    //~ calls: all, parse, check, store
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        all(value)
    }

    // ringfence: root
    //~ calls: check
    #[inline(never)]
    pub fn only_check(value: u32) -> u32 {
        check(value)
    }
}

pub mod implementations {
    pub trait Width {
        fn width(&self) -> u32;
    }

    macro_rules! widths {
        ($($type:ty => $width:expr),*) => {
            $(impl Width for $type {
                #[inline(never)]
                fn width(&self) -> u32 {
                    hit!();
                    $width
                }
            })*
        };
    }

    widths!(u8 => 1, u16 => 2);

    // ringfence: root
    //~ calls: <u8 as Width>::width
    #[inline(never)]
    pub fn root(value: u8) -> u32 {
        value.width()
    }

    // ringfence: root
    //~ calls: <u16 as Width>::width
    #[inline(never)]
    pub fn of_two(value: u16) -> u32 {
        value.width()
    }
}

pub mod recursive {
    #[inline(never)]
    fn first() {
        hit!();
    }

    #[inline(never)]
    fn second() {
        hit!();
    }

    macro_rules! in_turn {
        ($only:ident) => { $only() };
        ($head:ident, $($tail:ident),+) => {{ $head(); in_turn!($($tail),+) }};
    }

    // ringfence: root
    //~ calls: first, second
    #[inline(never)]
    pub fn root() {
        in_turn!(first, second, first);
    }
}

pub mod derived {
    pub struct Price(u32);

    impl Clone for Price {
        fn clone(&self) -> Self {
            hit!();
            Price(self.0)
        }
    }

    impl PartialEq for Price {
        fn eq(&self, other: &Self) -> bool {
            hit!();
            self.0 == other.0
        }
    }

    #[derive(Clone, PartialEq)]
    pub struct Quote {
        bid: Price,
        size: u32,
    }

    // ringfence: root
    //~ calls: <Quote as Clone>::clone, <Price as Clone>::clone
    #[inline(never)]
    pub fn root(quote: &Quote) -> Quote {
        quote.clone()
    }

    // ringfence: root
    //~ calls: <Quote as PartialEq>::eq, <Price as PartialEq>::eq
    #[inline(never)]
    pub fn compared(left: &Quote, right: &Quote) -> bool {
        left == right
    }
}
