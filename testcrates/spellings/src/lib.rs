//! What std does to the heap, in many spellings.
//!
//! There are no marks here: `make truth` runs every root, and what it saw must be what the report says.

pub mod collections;
pub mod iterators;
pub mod objects;
pub mod system;
pub mod text;
