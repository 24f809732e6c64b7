//! Roots of which a run shows what they do, a module for each kind of mistake that an audit can make about them. Beside
//! each stands a sibling of the same look that does not do it.

pub mod cold_mark;
pub mod counted;
pub mod dispatched;
pub mod flagged;
pub mod in_library;
pub mod one_line;
pub mod started;
pub mod waited;
