//! What the programs beside this file share: a window around each call of a root, and a log of what happens inside it.

mod heap;
mod window;

pub use window::{a_while, contend, window, write};
