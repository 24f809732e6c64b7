//! Prints, for each call of a root, its name and where it panicked: `ROOT\tFILE:LINE:COLUMN`, or `ROOT\t` where it did not.

use std::cell::RefCell;
use std::hint::black_box;
use std::panic::{catch_unwind, set_hook, AssertUnwindSafe};
use std::time::Duration;

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn call<R>(root: &str, called: impl FnOnce() -> R) {
    PLACE.set(String::new());
    let _ = catch_unwind(AssertUnwindSafe(|| black_box(called())));
    println!("panics::{root}\t{}", PLACE.take());
}

fn main() {
    set_hook(Box::new(|panic| PLACE.set(panic.location().map(ToString::to_string).unwrap_or_default())));
    let values = black_box([1, 2, 3, 4]);
    let second = Duration::from_secs(1);
    for is_wrong in [false, true] {
        let (at, large) = (if is_wrong { 9 } else { 2 }, if is_wrong { u64::MAX } else { 1 });
        let some = (!is_wrong).then_some(3);
        let cell = RefCell::new(1);
        let held = is_wrong.then(|| cell.borrow());
        call("borrow", || panics::borrow(&cell));
        drop(held);
        call("index", || panics::index(&values, at));
        call("slice", || panics::slice(&values, at).len());
        call("unwrap", || panics::unwrap(some));
        call("unwrap_of_a_result", || panics::unwrap_of_a_result(some.ok_or(3)));
        call("expect", || panics::expect(some));
        call("divide", || panics::divide(3, u64::from(!is_wrong)));
        call("remainder", || panics::remainder(3, i64::from(!is_wrong)));
        call("add", || panics::add(3, large));
        call("shift", || panics::shift(3, at as u32 * 10));
        call("explicit", || panics::explicit(large));
        call("asserted", || panics::asserted(large));
        call("unreachable", || panics::unreachable(large));
        call("boundary", || panics::boundary("aäöü", if is_wrong { 2 } else { 3 }).len());
        call("copied", || panics::copied(&mut [0; 4], &values[..if is_wrong { 3 } else { 4 }]));
        call("split", || panics::split(&values, at).0.len());
        call("less", || panics::less(second, second * if is_wrong { 2 } else { 1 }));
        call("removed", || panics::removed(&mut values.to_vec(), at));
        call("pieces", || panics::pieces(&values, if is_wrong { 0 } else { 2 }));
        call("in_a_helper", || panics::in_a_helper(&values, at));
        call("twice", || panics::twice(&values, at, 1));
        call("twice", || panics::twice(&values, 1, at));
        call("index_or_none", || panics::index_or_none(&values, at));
        call("index_masked", || panics::index_masked(&[7; 16], at));
        call("divide_by_some", || panics::divide_by_some(3, u64::from(!is_wrong)));
        call("add_wrapping", || panics::add_wrapping(3, large));
        call("less_than", || panics::less_than(second, second * if is_wrong { 2 } else { 1 }));
        call("split_if_there", || panics::split_if_there(&values, at));
    }
}
