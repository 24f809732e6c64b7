//! Closures: called where they stand, handed on, boxed, returned, kept.

pub mod called_here {
    fn leaf(value: u32) -> u32 {
        hit!();
        value
    }

    // ringfence: root
    //~ calls: root::{closure#0}, leaf
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        let add = |more: u32| leaf(value) + more;
        add(1) + add(2)
    }
}

pub mod handed_on {
    fn apply(mut each: impl FnMut(u32), count: u32) {
        hit!();
        for number in 0..count {
            each(number);
        }
    }

    #[inline(never)]
    fn add(sum: &mut u32, number: u32) {
        hit!();
        *sum += number;
    }

    // ringfence: root
    //~ calls: apply<root::{closure#0}>, root::{closure#0}, add
    #[inline(never)]
    pub fn root(count: u32) -> u32 {
        let mut sum = 0;
        apply(|number| add(&mut sum, number), count);
        sum
    }
}

pub mod adapters {
    fn square(value: &u32) -> u32 {
        hit!();
        value * value
    }

    #[inline(never)]
    fn is_small(value: &u32) -> bool {
        hit!();
        *value < 100
    }

    // ringfence: root
    //~ calls: square, is_small
    #[inline(never)]
    pub fn root(values: &[u32]) -> u32 {
        values.iter().map(square).filter(is_small).sum()
    }
}

pub mod boxed {
    #[inline(never)]
    pub fn rules(limit: u32) -> Vec<Box<dyn Fn(u32, u8) -> bool>> {
        vec![Box::new(move |value, _| above(value, limit)), Box::new(|value, _| not_three(value))]
    }

    #[inline(never)]
    fn above(value: u32, limit: u32) -> bool {
        hit!();
        value > limit
    }

    #[inline(never)]
    fn not_three(value: u32) -> bool {
        hit!();
        value != 3
    }

    // ringfence: root
    //~ calls: root::{closure#0}, rules::{closure#0}, rules::{closure#1}, above, not_three
    #[inline(never)]
    pub fn root(rules: &[Box<dyn Fn(u32, u8) -> bool>], value: u32) -> bool {
        rules.iter().all(|rule| rule(value, 0))
    }
}

pub mod boxed_once {
    #[inline(never)]
    pub fn task(number: i8) -> Box<dyn FnOnce(i8, i8) -> i8> {
        Box::new(move |left, right| finish(number, left, right))
    }

    #[inline(never)]
    fn finish(number: i8, left: i8, right: i8) -> i8 {
        hit!();
        number + left * right
    }

    // ringfence: root
    //~ calls: task::{closure#0}, finish
    #[inline(never)]
    pub fn root(task: Box<dyn FnOnce(i8, i8) -> i8>) -> i8 {
        task(1, 2)
    }
}

pub mod borrowed_object {
    #[inline(never)]
    fn visit(visitor: &mut dyn FnMut(u16), values: &[u16]) {
        hit!();
        for value in values {
            visitor(*value);
        }
    }

    #[inline(never)]
    fn count(total: &mut u32) {
        hit!();
        *total += 1;
    }

    #[inline(never)]
    fn add(total: &mut u32, value: u16) {
        hit!();
        *total += u32::from(value);
    }

    // ringfence: root
    //~ calls: visit, root::{closure#0}, count
    #[inline(never)]
    pub fn root(values: &[u16]) -> u32 {
        let mut total = 0;
        visit(&mut |_| count(&mut total), values);
        total
    }

    // ringfence: root
    //~ calls: visit, summed::{closure#0}, add
    #[inline(never)]
    pub fn summed(values: &[u16]) -> u32 {
        let mut total = 0;
        visit(&mut |value| add(&mut total, value), values);
        total
    }
}

pub mod returned {
    fn adder(more: u64) -> impl Fn(u64) -> u64 {
        hit!();
        move |value| {
            hit!();
            value + more
        }
    }

    // ringfence: root
    //~ calls: adder, adder::{closure#0}
    #[inline(never)]
    pub fn root(value: u64) -> u64 {
        adder(3)(value)
    }
}

pub mod as_pointer {
    #[inline(never)]
    fn run(function: fn(i16, i16, i16) -> i16) -> i16 {
        hit!();
        function(1, 2, 3)
    }

    // A closure that captures nothing is a function pointer.
    // ringfence: root
    //~ calls: run, root::{closure#0}
    #[inline(never)]
    pub fn root() -> i16 {
        run(|left, middle, right| {
            hit!();
            left + middle * right
        })
    }
}

pub mod made_not_called {
    pub struct Later {
        task: Option<Box<dyn FnMut(i32, i32, i32)>>,
    }

    #[inline(never)]
    fn work(value: i32) {
        hit!();
        std::hint::black_box(value);
    }

    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn root(later: &mut Later) {
        hit!();
        std::mem::forget(later.task.replace(Box::new(|value, _, _| work(value))));
    }
}

pub mod nested {
    #[inline(never)]
    fn leaf(value: u8) -> u8 {
        hit!();
        value
    }

    // ringfence: root
    //~ calls: root::{closure#0}, root::{closure#0}::{closure#0}, leaf
    #[inline(never)]
    pub fn root(value: u8) -> u8 {
        let outer = |left: u8| {
            let inner = |right: u8| leaf(left + right);
            inner(1) + inner(2)
        };
        outer(value)
    }
}

pub mod from_function {
    #[inline(never)]
    fn next(state: &mut u32) -> Option<u32> {
        hit!();
        *state = state.checked_sub(3)?;
        Some(*state)
    }

    // ringfence: root
    //~ calls: root::{closure#0}, next
    #[inline(never)]
    pub fn root(mut state: u32) -> u32 {
        std::iter::from_fn(|| next(&mut state)).sum()
    }
}

pub mod in_a_struct {
    pub struct Handler<F: FnMut(u8, u32)> {
        handle: F,
    }

    impl<F: FnMut(u8, u32)> Handler<F> {
        #[inline(never)]
        fn run(&mut self, kind: u8) {
            hit!();
            (self.handle)(kind, 7);
        }
    }

    #[inline(never)]
    fn count(counts: &mut [u32; 4], kind: u8, by: u32) {
        hit!();
        counts[usize::from(kind & 3)] += by;
    }

    // ringfence: root
    //~ calls: Handler<root::{closure#0}>::run, root::{closure#0}, count
    #[inline(never)]
    pub fn root(kind: u8) -> [u32; 4] {
        let mut counts = [0; 4];
        let mut handler = Handler { handle: |kind, by| count(&mut counts, kind, by) };
        handler.run(kind);
        counts
    }
}

pub mod scoped_thread {
    #[inline(never)]
    fn work(value: &u64) -> u64 {
        hit!();
        *value
    }

    // ringfence: root
    //~ calls: root::{closure#0}, root::{closure#0}::{closure#0}, work
    //~ also: <implicit::error_object::Rejected as Drop>::drop
    #[inline(never)]
    pub fn root(value: u64) {
        std::thread::scope(|scope| {
            scope.spawn(|| work(&value));
        });
    }
}
