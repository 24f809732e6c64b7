//! What lies beside what: statics, elements that an index leads to, the ring of a dependency.

pub mod elements;
pub mod rings;
pub mod statics;
