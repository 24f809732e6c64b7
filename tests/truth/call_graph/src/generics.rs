//! One body for many types: each instance is a function of its own.

pub mod function {
    #[inline(never)]
    fn twice<T: Copy + std::ops::Add<Output = T>>(value: T) -> T {
        hit!();
        value + value
    }

    // ringfence: root
    //~ calls: twice<u32>
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        twice(value)
    }

    // ringfence: root
    //~ calls: twice<f64>
    #[inline(never)]
    pub fn of_floats(value: f64) -> f64 {
        twice(value)
    }
}

pub mod bound {
    pub trait Encode {
        fn encode(&self) -> u32;
    }

    pub struct Plain(pub u32);

    impl Encode for Plain {
        fn encode(&self) -> u32 {
            hit!();
            self.0
        }
    }

    pub struct Packed(pub u32);

    impl Encode for Packed {
        fn encode(&self) -> u32 {
            hit!();
            self.0 >> 3
        }
    }

    fn send<T: Encode>(message: &T) -> u32 {
        hit!();
        message.encode()
    }

    // ringfence: root
    //~ calls: send<Plain>, <Plain as Encode>::encode
    #[inline(never)]
    pub fn root(message: &Plain) -> u32 {
        send(message)
    }

    // ringfence: root
    //~ calls: send<Packed>, <Packed as Encode>::encode
    #[inline(never)]
    pub fn packed(message: &Packed) -> u32 {
        send(message)
    }
}

pub mod impl_trait {
    pub trait Source {
        fn next(&mut self) -> u32;
    }

    pub struct Ones;

    impl Source for Ones {
        fn next(&mut self) -> u32 {
            hit!();
            1
        }
    }

    fn ones() -> impl Source {
        hit!();
        Ones
    }

    fn drain(mut source: impl Source) -> u32 {
        hit!();
        source.next() + source.next()
    }

    // ringfence: root
    //~ calls: ones, drain<Ones>, <Ones as Source>::next
    #[inline(never)]
    pub fn root() -> u32 {
        drain(ones())
    }
}

pub mod container {
    pub struct Ring<T> {
        items: [T; 4],
        head: usize,
    }

    impl<T: Copy> Ring<T> {
        #[inline(never)]
        fn push(&mut self, item: T) {
            hit!();
            self.items[self.head % 4] = item;
            self.advance();
        }

        fn advance(&mut self) {
            hit!();
            self.head = self.head.wrapping_add(1);
        }
    }

    // ringfence: root
    //~ calls: Ring<u64>::push, Ring<u64>::advance
    #[inline(never)]
    pub fn root(ring: &mut Ring<u64>) {
        ring.push(3);
    }
}

pub mod const_parameter {
    #[inline(never)]
    fn fill<const N: usize>(value: u8) -> [u8; N] {
        hit!();
        [value; N]
    }

    // ringfence: root
    //~ calls: fill<3>
    #[inline(never)]
    pub fn root(value: u8) -> [u8; 3] {
        fill::<3>(value)
    }

    // ringfence: root
    //~ calls: fill<5>
    #[inline(never)]
    pub fn five(value: u8) -> [u8; 5] {
        fill::<5>(value)
    }
}

pub mod associated_type {
    pub trait Book {
        type Level: Level;
        fn best(&self) -> Self::Level;
    }

    pub trait Level {
        fn price(&self) -> u32;
    }

    pub struct Bid(u32);

    impl Level for Bid {
        fn price(&self) -> u32 {
            hit!();
            self.0
        }
    }

    pub struct Bids;

    impl Book for Bids {
        type Level = Bid;
        fn best(&self) -> Bid {
            hit!();
            Bid(9)
        }
    }

    fn top<B: Book>(book: &B) -> u32 {
        hit!();
        book.best().price()
    }

    // ringfence: root
    //~ calls: top<Bids>, <Bids as Book>::best, <Bid as Level>::price
    #[inline(never)]
    pub fn root() -> u32 {
        top(&Bids)
    }
}

pub mod parameter_of_function {
    fn apply<F: Fn(u32) -> u32>(function: F, value: u32) -> u32 {
        hit!();
        function(value)
    }

    #[inline(never)]
    fn halve(value: u32) -> u32 {
        hit!();
        value / 2
    }

    fn triple(value: u32) -> u32 {
        hit!();
        value * 3
    }

    // ringfence: root
    //~ calls: apply<halve>, halve
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        apply(halve, value)
    }

    // ringfence: root
    //~ calls: apply<triple>, triple
    #[inline(never)]
    pub fn of_triple(value: u32) -> u32 {
        apply(triple, value)
    }
}
