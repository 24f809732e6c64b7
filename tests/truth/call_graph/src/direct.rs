//! Calls that name their callee.

pub mod function {
    fn leaf() {
        hit!();
    }

    fn neighbour() {
        hit!();
    }

    // ringfence: root
    //~ calls: leaf
    #[inline(never)]
    pub fn root() {
        leaf();
    }

    // Another root, so that `neighbour` has code.
    // ringfence: root
    //~ calls: neighbour
    #[inline(never)]
    pub fn other_root() {
        neighbour();
    }
}

pub mod chain {
    fn first() {
        hit!();
        second();
    }

    #[inline(never)]
    fn second() {
        hit!();
        third();
    }

    #[inline(always)]
    fn third() {
        hit!();
    }

    // ringfence: root
    //~ calls: first, second, third
    #[inline(never)]
    pub fn root() {
        first();
    }
}

pub mod nested {
    fn leaf() {
        hit!();
    }

    pub mod outer {
        fn leaf() {
            hit!();
        }

        pub mod inner {
            fn leaf() {
                hit!();
            }

            // ringfence: root
            //~ calls: outer::inner::leaf, outer::leaf, leaf
            #[inline(never)]
            pub fn root() {
                leaf();
                super::leaf();
                crate::direct::nested::leaf();
            }
        }
    }
}

pub mod renamed {
    mod store {
        pub fn keep() {
            hit!();
        }

        pub fn drop_all() {
            hit!();
        }
    }

    pub use store::drop_all as keep_all;
    use store::keep as put;

    // ringfence: root
    //~ calls: store::keep
    #[inline(never)]
    pub fn root() {
        put();
    }

    // ringfence: root
    //~ calls: store::drop_all
    #[inline(never)]
    pub fn exported() {
        keep_all();
    }
}

pub mod method {
    pub struct Counter(u32);

    impl Counter {
        fn new() -> Self {
            hit!();
            Counter(0)
        }

        fn up(&mut self) -> &mut Self {
            hit!();
            self.0 += 1;
            self
        }

        fn down(&mut self) {
            hit!();
            self.0 -= 1;
        }
    }

    // ringfence: root
    //~ calls: Counter::new, Counter::up
    #[inline(never)]
    pub fn root() -> u32 {
        let mut counter = Counter::new();
        counter.up().up();
        counter.0
    }

    // ringfence: root
    //~ calls: Counter::down
    #[inline(never)]
    pub fn lowered(counter: &mut Counter) {
        Counter::down(counter);
    }
}

pub mod recursion {
    fn factorial(n: u64) -> u64 {
        hit!();
        if n < 2 {
            1
        } else {
            n.wrapping_mul(factorial(n - 1))
        }
    }

    // ringfence: root
    //~ calls: factorial
    #[inline(never)]
    pub fn root(n: u64) -> u64 {
        factorial(n)
    }
}

pub mod mutual_recursion {
    fn is_even(n: u64) -> bool {
        hit!();
        n == 0 || is_odd(n - 1)
    }

    fn is_odd(n: u64) -> bool {
        hit!();
        n != 0 && is_even(n - 1)
    }

    // ringfence: root
    //~ calls: is_even, is_odd
    #[inline(never)]
    pub fn root(n: u64) -> bool {
        is_even(n)
    }
}

pub mod constant_evaluation {
    const fn squared(n: u64) -> u64 {
        n * n
    }

    const LIMIT: u64 = squared(12);

    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn root() -> u64 {
        hit!();
        LIMIT
    }
}
