//! Calls that depend on data, and calls that cannot happen.

pub mod branches {
    #[inline(never)]
    fn low() {
        hit!();
    }

    fn high() {
        hit!();
    }

    // ringfence: root
    //~ calls: low, high
    #[inline(never)]
    pub fn root(value: u32) {
        if value < 10 {
            low();
        } else {
            high();
        }
    }
}

pub mod arms {
    pub enum Order {
        Buy,
        Sell,
        Cancel,
    }

    #[inline(never)]
    fn buy() {
        hit!();
    }

    #[inline(never)]
    fn sell() {
        hit!();
    }

    #[inline(never)]
    fn cancel() {
        hit!();
    }

    // ringfence: root
    //~ calls: buy, sell, cancel
    #[inline(never)]
    pub fn root(order: Order) {
        match order {
            Order::Buy => buy(),
            Order::Sell => sell(),
            Order::Cancel => cancel(),
        }
    }
}

pub mod loops {
    fn step(value: u32) -> u32 {
        hit!();
        value / 2
    }

    fn after() {
        hit!();
    }

    // ringfence: root
    //~ calls: step, after
    #[inline(never)]
    pub fn root(mut value: u32) {
        while value > 1 {
            value = step(value);
        }
        after();
    }
}

pub mod short_circuit {
    fn first(value: u32) -> bool {
        hit!();
        value > 3
    }

    fn second(value: u32) -> bool {
        hit!();
        value < 30
    }

    // ringfence: root
    //~ calls: first, second
    #[inline(never)]
    pub fn root(value: u32) -> bool {
        first(value) && second(value)
    }
}

pub mod question_mark {
    pub struct Failure;

    pub struct Wide(pub u32);

    impl From<Failure> for Wide {
        fn from(_: Failure) -> Self {
            hit!();
            Wide(1)
        }
    }

    #[inline(never)]
    fn parse(value: u32) -> Result<u32, Failure> {
        hit!();
        if value > 3 {
            Ok(value)
        } else {
            Err(Failure)
        }
    }

    #[inline(never)]
    fn store(_: u32) {
        hit!();
    }

    // ringfence: root
    //~ calls: parse, store, <Wide as From<Failure>>::from
    #[inline(never)]
    pub fn root(value: u32) -> Result<(), Wide> {
        store(parse(value)?);
        Ok(())
    }
}

pub mod false_by_constant {
    const TRACING: bool = false;

    #[inline(never)]
    fn trace() {
        hit!();
    }

    fn work() {
        hit!();
    }

    // ringfence: root
    //~ calls: work
    #[inline(never)]
    pub fn root() {
        if TRACING {
            trace();
        }
        work();
    }

    // ringfence: root
    //~ calls: trace
    #[inline(never)]
    pub fn traced() {
        trace();
    }
}

pub mod false_by_type {
    trait Mode {
        const CHECKED: bool;
    }

    struct Fast;

    impl Mode for Fast {
        const CHECKED: bool = false;
    }

    struct Careful;

    impl Mode for Careful {
        const CHECKED: bool = true;
    }

    #[inline(never)]
    fn check() {
        hit!();
    }

    fn run<M: Mode>() {
        if M::CHECKED {
            check();
        }
        hit!();
    }

    // ringfence: root
    //~ calls: run<Fast>
    #[inline(never)]
    pub fn root() {
        run::<Fast>();
    }

    // ringfence: root
    //~ calls: run<Careful>, check
    #[inline(never)]
    pub fn careful() {
        run::<Careful>();
    }
}

pub mod false_by_value {
    #[inline(never)]
    fn never() {
        hit!();
    }

    // No run calls it: a byte is never above 255. Unoptimised code still holds the call.
    // ringfence: root
    //~ calls: nothing
    //~ also at 0: never
    #[inline(never)]
    pub fn root(value: u8) {
        if u32::from(value) > 255 {
            never();
        }
        hit!();
    }
}

pub mod behind_panic {
    #[inline(never)]
    fn describe() -> u32 {
        hit!();
        7
    }

    fn work() {
        hit!();
    }

    // What runs only on the way to a panic is left alone without `--strict`.
    // ringfence: root
    //~ calls: work
    #[inline(never)]
    pub fn root(value: u32) {
        if value == 0 {
            panic!("no value, {}", describe());
        }
        work();
    }
}
