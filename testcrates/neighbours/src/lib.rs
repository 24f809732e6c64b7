//! What lies beside what: statics, elements that an index leads to, the ring of a dependency, the part that a thread is handed.

pub mod elements;
pub mod parts;
pub mod rings;
pub mod statics;
