//! Lazy cells, `Once` and thread-locals: the first use pays, later ones load a flag.
//!
//! What `LazyLock` runs is a function pointer in the static itself: one function of the build has its signature.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{LazyLock, Once, OnceLock};

static TABLE: LazyLock<Vec<u64>> = LazyLock::new(|| (0..256).map(|value| value * value).collect()); //~ RF101 first-use
static NAME: OnceLock<String> = OnceLock::new();
static START: Once = Once::new();

thread_local! {
    static SCRATCH: RefCell<Vec<u64>> = RefCell::new(Vec::with_capacity(64)); //~ RF101 first-use
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// ringfence: root
pub fn square(value: u8) -> u64 {
    TABLE[usize::from(value)] //~ RF202 first-use; RF401 first-use; RF402 first-use
}

// ringfence: root
pub fn name() -> usize {
    NAME.get_or_init(|| "gateway".to_string()).len() //~ RF101 first-use; RF202 first-use; RF401 first-use
}

// ringfence: root
pub fn start(values: &mut Vec<u64>) -> usize {
    START.call_once(|| values.push(1)); //~ RF102 first-use; RF202 first-use; RF401 first-use
    values.len()
}

// ringfence: root
pub fn scratch() -> usize {
    SCRATCH.with_borrow(|scratch| scratch.len()) //~ RF101 first-use; RF102 first-use; RF103 first-use
}

// ringfence: root
#[inline(never)]
pub fn count() -> u64 {
    COUNT.with(|count| {
        count.set(count.get() + 1);
        count.get()
    })
}

// ringfence: root
#[inline(never)]
pub fn name_if_set() -> Option<&'static str> {
    NAME.get().map(String::as_str)
}

// ringfence: root
pub fn prices() -> HashMap<u64, u64> {
    HashMap::new() //~ RF202 first-use
}
