//! Types on cache lines: shared and padded counters, straddling fields, padding, wide variants, large tables.

pub mod lanes;
pub mod packing;
pub mod ring;
pub mod straddling;
pub mod tables;
pub mod threads;
