//! A case is a module with one root or a few. `//~ calls:` above a root lists the functions of this crate that it can
//! truly call, in whatever way: in the words of the case's module, the traits of std by their last word; `nothing` is
//! said where there are none. `//~ also:` lists functions that the audit is known to reach though no run can (`//~ also
//! at 0:` at that opt-level only): they are spurious, and counted.

#![allow(dead_code)]

/// Leaves a trace that no optimisation may remove, a different one in each function, so that no two bodies are alike.
macro_rules! hit {
    () => {{
        static HITS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        HITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }};
}

pub mod closures;
pub mod control;
pub mod direct;
pub mod dynamic;
pub mod generics;
pub mod implicit;
pub mod macros;
pub mod pointers;
pub mod traits;
