//! Calls that no parenthesis shows: operators, drops, loops, conversions, formatting, and what std calls back.

pub mod operator {
    #[derive(Clone, Copy)]
    pub struct Money(pub i64);

    impl std::ops::Add for Money {
        type Output = Money;
        fn add(self, other: Money) -> Money {
            hit!();
            Money(self.0 + other.0)
        }
    }

    impl std::ops::Neg for Money {
        type Output = Money;
        fn neg(self) -> Money {
            hit!();
            Money(-self.0)
        }
    }

    impl std::ops::Index<usize> for Money {
        type Output = i64;
        fn index(&self, _: usize) -> &i64 {
            hit!();
            &self.0
        }
    }

    // ringfence: root
    //~ calls: <Money as Add>::add, <Money as Index<usize>>::index
    #[inline(never)]
    pub fn root(left: Money, right: Money) -> i64 {
        (left + right)[0]
    }

    // ringfence: root
    //~ calls: <Money as Neg>::neg
    #[inline(never)]
    pub fn negated(money: Money) -> Money {
        -money
    }
}

pub mod drop {
    pub struct Guard(u32);

    impl Drop for Guard {
        fn drop(&mut self) {
            hit!();
        }
    }

    pub struct Pair {
        first: Guard,
        count: u32,
    }

    // ringfence: root
    //~ calls: <Guard as Drop>::drop
    #[inline(never)]
    pub fn root() {
        let _guard = Guard(1);
        hit!();
    }

    // ringfence: root
    //~ calls: <Guard as Drop>::drop
    #[inline(never)]
    pub fn of_a_field(pair: Pair) -> u32 {
        pair.count
    }

    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn forgotten() {
        hit!();
        std::mem::forget(Guard(2));
    }
}

pub mod deref {
    pub struct Shared(u32);

    impl std::ops::Deref for Shared {
        type Target = u32;
        fn deref(&self) -> &u32 {
            hit!();
            &self.0
        }
    }

    // ringfence: root
    //~ calls: <Shared as Deref>::deref
    #[inline(never)]
    pub fn root(shared: &Shared) -> u32 {
        shared.count_ones()
    }
}

pub mod iterator {
    pub struct Down(u32);

    impl Iterator for Down {
        type Item = u32;
        fn next(&mut self) -> Option<u32> {
            hit!();
            self.0 = self.0.checked_sub(1)?;
            Some(self.0)
        }
    }

    fn each(value: u32) {
        hit!();
        std::hint::black_box(value);
    }

    // ringfence: root
    //~ calls: <Down as Iterator>::next, each
    #[inline(never)]
    pub fn root(from: u32) {
        for value in Down(from) {
            each(value);
        }
    }
}

pub mod conversion {
    pub struct Celsius(pub i32);
    pub struct Kelvin(pub i32);

    impl From<Celsius> for Kelvin {
        fn from(celsius: Celsius) -> Self {
            hit!();
            Kelvin(celsius.0 + 273)
        }
    }

    // ringfence: root
    //~ calls: <Kelvin as From<Celsius>>::from
    #[inline(never)]
    pub fn root(celsius: Celsius) -> Kelvin {
        celsius.into()
    }
}

pub mod formatting {
    use std::fmt;

    pub struct Order(pub u32);

    impl fmt::Display for Order {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            hit!();
            formatter.write_str("order")
        }
    }

    impl fmt::Debug for Order {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            hit!();
            formatter.write_str("Order")
        }
    }

    // ringfence: root
    //~ calls: <Order as Display>::fmt
    #[inline(never)]
    pub fn root(order: &Order) -> String {
        format!("{order}!")
    }

    // ringfence: root
    //~ calls: <Order as Debug>::fmt
    #[inline(never)]
    pub fn debugged(order: &Order) -> String {
        format!("{order:?}")
    }
}

pub mod sorting {
    #[inline(never)]
    fn by_key(left: &u32, right: &u32) -> std::cmp::Ordering {
        hit!();
        right.cmp(left)
    }

    // ringfence: root
    //~ calls: by_key
    #[inline(never)]
    pub fn root(values: &mut [u32]) {
        values.sort_unstable_by(by_key);
    }
}

pub mod ordering {
    #[derive(PartialEq, Eq)]
    pub struct Rank(u8);

    impl Ord for Rank {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            hit!();
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Rank {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    // ringfence: root
    //~ calls: <Rank as Ord>::cmp
    #[inline(never)]
    pub fn root(ranks: &[Rank], rank: &Rank) -> Result<usize, usize> {
        ranks.binary_search(rank)
    }
}

pub mod hashing {
    use std::collections::HashMap;
    use std::hash::{BuildHasherDefault, Hash, Hasher};

    pub struct Plain(u64);

    impl Default for Plain {
        fn default() -> Self {
            hit!();
            Plain(7)
        }
    }

    impl Hasher for Plain {
        fn finish(&self) -> u64 {
            hit!();
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            hit!();
            for byte in bytes {
                self.0 = self.0 * 31 + u64::from(*byte);
            }
        }
    }

    pub struct Symbol(pub u64);

    impl PartialEq for Symbol {
        fn eq(&self, other: &Self) -> bool {
            hit!();
            self.0 == other.0
        }
    }

    impl Eq for Symbol {}

    impl Hash for Symbol {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            hit!();
            hasher.write(&self.0.to_le_bytes());
        }
    }

    // ringfence: root
    //~ calls: <Plain as Default>::default, <Symbol as Hash>::hash<Plain>
    //~ calls: <Plain as Hasher>::write, <Plain as Hasher>::finish
    //~ calls: <Symbol as PartialEq>::eq
    #[inline(never)]
    pub fn root(map: &HashMap<Symbol, u32, BuildHasherDefault<Plain>>, symbol: &Symbol) -> Option<u32> {
        map.get(symbol).copied()
    }
}

pub mod lazy {
    use std::sync::OnceLock;

    static LIMIT: OnceLock<u64> = OnceLock::new();

    #[inline(never)]
    fn compute() -> u64 {
        hit!();
        40
    }

    // ringfence: root
    //~ calls: compute
    #[inline(never)]
    pub fn root() -> u64 {
        *LIMIT.get_or_init(compute)
    }

    pub struct Guard<'a>(&'a mut u64);

    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            hit!();
            *self.0 += 1;
        }
    }

    // With something to drop when a panic passes by, the initialisation is an `invoke`.
    // ringfence: root
    //~ calls: compute, <Guard as Drop>::drop
    #[inline(never)]
    pub fn guarded(count: &mut u64) -> u64 {
        let _guard = Guard(count);
        *LIMIT.get_or_init(compute)
    }
}

pub mod caught {
    #[inline(never)]
    fn risky(value: u32) -> u32 {
        hit!();
        100 / value
    }

    // ringfence: root
    //~ calls: root::{closure#0}, risky
    #[inline(never)]
    pub fn root(value: u32) -> u32 {
        std::panic::catch_unwind(|| risky(value)).unwrap_or(0)
    }
}

pub mod thread {
    #[inline(never)]
    fn work() {
        hit!();
    }

    // What is handed to another thread runs beside this one, which does not wait.
    // ringfence: root
    //~ calls: nothing
    //~ also: <implicit::error_object::Rejected as Drop>::drop
    #[inline(never)]
    pub fn root() -> std::thread::JoinHandle<()> {
        std::thread::spawn(work)
    }
}

pub mod future {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    pub struct Ready;

    impl Future for Ready {
        type Output = u32;
        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
            hit!();
            Poll::Ready(1)
        }
    }

    #[inline(never)]
    fn after(value: u32) -> u32 {
        hit!();
        value
    }

    async fn step() -> u32 {
        let value = Ready.await;
        after(value)
    }

    #[inline(never)]
    pub fn stepped() -> Pin<Box<dyn Future<Output = u32>>> {
        Box::pin(step())
    }

    // ringfence: root
    //~ calls: step::{closure#0}, <Ready as Future>::poll, after
    #[inline(never)]
    pub fn root(future: Pin<&mut dyn Future<Output = u32>>, context: &mut Context<'_>) -> Poll<u32> {
        future.poll(context)
    }
}

pub mod drop_in_containers {
    use std::rc::Rc;

    pub struct Slot(pub u64);

    impl Drop for Slot {
        fn drop(&mut self) {
            hit!();
        }
    }

    // ringfence: root
    //~ calls: <Slot as Drop>::drop
    #[inline(never)]
    pub fn root(slots: Vec<Slot>) {
        hit!();
        drop(slots);
    }

    // ringfence: root
    //~ calls: <Slot as Drop>::drop
    #[inline(never)]
    pub fn shared(slot: Rc<Slot>) -> u64 {
        slot.0
    }

    // ringfence: root
    //~ calls: <Slot as Drop>::drop
    #[inline(never)]
    pub fn overwritten(slot: &mut Slot) {
        *slot = Slot(2);
    }

    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn swapped(left: &mut Slot, right: &mut Slot) {
        hit!();
        std::mem::swap(left, right);
    }
}

pub mod thread_local_value {
    use std::cell::Cell;

    thread_local! {
        static DEPTH: Cell<u64> = Cell::new(initial());
    }

    #[inline(never)]
    fn initial() -> u64 {
        hit!();
        9
    }

    // ringfence: root
    //~ calls: initial
    #[inline(never)]
    pub fn root() -> u64 {
        DEPTH.get()
    }
}

pub mod lazy_static_value {
    use std::sync::LazyLock;

    static TABLE: LazyLock<[u64; 8]> = LazyLock::new(|| {
        hit!();
        built()
    });

    #[inline(never)]
    fn built() -> [u64; 8] {
        hit!();
        [3; 8]
    }

    // ringfence: root
    //~ calls: TABLE::{closure#0}, built
    #[inline(never)]
    pub fn root(at: usize) -> u64 {
        TABLE[at % 8]
    }
}

pub mod ordered_map {
    use std::cmp::Ordering;
    use std::collections::BTreeMap;

    #[derive(PartialEq, Eq)]
    pub struct Price(pub u64);

    impl Ord for Price {
        fn cmp(&self, other: &Self) -> Ordering {
            hit!();
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Price {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            hit!();
            Some(self.cmp(other))
        }
    }

    // ringfence: root
    //~ calls: <Price as Ord>::cmp
    #[inline(never)]
    pub fn root(book: &BTreeMap<Price, u64>, price: &Price) -> Option<u64> {
        book.get(price).copied()
    }
}

pub mod to_string {
    use std::fmt;

    pub struct Side(pub bool);

    impl fmt::Display for Side {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            hit!();
            formatter.write_str(if self.0 { "buy" } else { "sell" })
        }
    }

    // ringfence: root
    //~ calls: <Side as Display>::fmt
    #[inline(never)]
    pub fn root(side: &Side) -> String {
        side.to_string()
    }

    // Whoever made the object decides which `Display` runs.
    #[inline(never)]
    pub fn shown() -> Box<dyn fmt::Display> {
        Box::new(Side(true))
    }

    // ringfence: root
    //~ calls: <Side as Display>::fmt
    //~ also: <implicit::error_object::Rejected as Display>::fmt
    #[inline(never)]
    pub fn of_object(shown: &dyn fmt::Display) -> String {
        shown.to_string()
    }

    // ringfence: root
    //~ calls: <Side as Display>::fmt
    //~ also: <implicit::error_object::Rejected as Display>::fmt
    #[inline(never)]
    pub fn formatted(shown: &dyn fmt::Display) -> String {
        format!("{shown}!")
    }
}

pub mod waker {
    use std::task::{RawWaker, RawWakerVTable, Waker};

    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, release);

    fn clone(data: *const ()) -> RawWaker {
        hit!();
        RawWaker::new(data, &TABLE)
    }

    fn wake(_: *const ()) {
        hit!();
    }

    fn wake_by_ref(_: *const ()) {
        hit!();
    }

    fn release(_: *const ()) {
        hit!();
    }

    #[inline(never)]
    pub fn waker() -> Waker {
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) }
    }

    // ringfence: root
    //~ calls: wake_by_ref
    #[inline(never)]
    pub fn root(waker: &Waker) {
        waker.wake_by_ref();
    }
}

pub mod derived_formatting {
    use std::fmt;

    pub struct Level(pub u8);

    impl fmt::Debug for Level {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            hit!();
            formatter.pad("level")
        }
    }

    #[derive(Debug)]
    pub struct Ladder {
        pub top: Level,
        pub depth: u32,
    }

    // ringfence: root
    //~ calls: <Ladder as Debug>::fmt, <Level as Debug>::fmt
    #[inline(never)]
    pub fn root(ladder: &Ladder) -> String {
        format!("{ladder:?}")
    }
}

pub mod formatting_into_own_writer {
    use std::fmt::{self, Write};

    pub struct Line {
        pub bytes: [u8; 32],
        pub length: usize,
    }

    impl fmt::Write for Line {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            hit!();
            for byte in text.bytes().take(32 - self.length) {
                self.bytes[self.length % 32] = byte;
                self.length += 1;
            }
            Ok(())
        }
    }

    // ringfence: root
    //~ calls: <Line as Write>::write_str
    #[inline(never)]
    pub fn root(line: &mut Line, value: u64) -> fmt::Result {
        write!(line, "{value:>9} ")
    }
}

pub mod error_object {
    use std::error::Error;
    use std::fmt;

    #[derive(Debug)]
    pub struct Rejected(pub u32);

    impl fmt::Display for Rejected {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            hit!();
            formatter.write_str("rejected")
        }
    }

    impl Error for Rejected {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            hit!();
            None
        }
    }

    impl Drop for Rejected {
        fn drop(&mut self) {
            hit!();
        }
    }

    #[inline(never)]
    pub fn rejected() -> Box<dyn Error> {
        Box::new(Rejected(1))
    }

    // ringfence: root
    //~ calls: <Rejected as Display>::fmt
    #[inline(never)]
    pub fn root(error: &dyn Error) -> String {
        error.to_string()
    }

    // ringfence: root
    //~ calls: <Rejected as Error>::source
    #[inline(never)]
    pub fn source(error: &dyn Error) -> bool {
        error.source().is_some()
    }

    // ringfence: root
    //~ calls: <Rejected as Drop>::drop
    #[inline(never)]
    pub fn dropped(error: Box<dyn Error>) {
        drop(error);
    }
}

pub mod drop_of_objects_in_containers {
    use std::rc::Rc;
    use std::sync::Arc;

    pub trait Session {}

    pub struct Open(pub u64);

    impl Session for Open {}

    impl Drop for Open {
        fn drop(&mut self) {
            hit!();
        }
    }

    #[inline(never)]
    pub fn sessions() -> (Vec<Box<dyn Session>>, Rc<dyn Session>, Arc<dyn Session>) {
        (vec![Box::new(Open(1))], Rc::new(Open(2)), Arc::new(Open(3)))
    }

    // Its glue is like that of every other vector of boxed objects, and LLVM keeps one of them.
    // ringfence: root
    //~ calls: <Open as Drop>::drop
    #[inline(never)]
    pub fn root(sessions: Vec<Box<dyn Session>>) {
        hit!();
        drop(sessions);
    }

    // ringfence: root
    //~ calls: <Open as Drop>::drop
    #[inline(never)]
    pub fn counted(session: Rc<dyn Session>) {
        hit!();
        drop(session);
    }

    // ringfence: root
    //~ calls: <Open as Drop>::drop
    #[inline(never)]
    pub fn shared(session: Arc<dyn Session>) {
        hit!();
        drop(session);
    }
}

pub mod other_lazy_cells {
    use std::cell::{LazyCell, OnceCell};
    use std::sync::Once;

    static ONCE: Once = Once::new();

    #[inline(never)]
    fn once() {
        hit!();
    }

    // ringfence: root
    //~ calls: once
    #[inline(never)]
    pub fn root() {
        ONCE.call_once(once);
    }

    #[inline(never)]
    fn cell() -> u64 {
        hit!();
        8
    }

    // ringfence: root
    //~ calls: cell
    #[inline(never)]
    pub fn of_cell(known: &OnceCell<u64>) -> u64 {
        *known.get_or_init(cell)
    }

    // ringfence: root
    //~ calls: cell
    #[inline(never)]
    pub fn of_lazy_cell(known: &LazyCell<u64>) -> u64 {
        **known
    }

    #[inline(never)]
    pub fn lazy_cell() -> LazyCell<u64> {
        LazyCell::new(cell)
    }
}

pub mod linked_by_name {
    mod there {
        #[unsafe(no_mangle)]
        extern "C" fn ringfence_truth_hook(value: u64) -> u64 {
            hit!();
            value
        }
    }

    unsafe extern "C" {
        safe fn ringfence_truth_hook(value: u64) -> u64;
    }

    // ringfence: root
    //~ calls: ringfence_truth_hook
    #[inline(never)]
    pub fn root(value: u64) -> u64 {
        ringfence_truth_hook(value)
    }
}
