//! Runs each root of the testcrates, several times, with what takes its different branches.
//!
//! `runs FILE` writes the calls and what they asked of the allocator into FILE.

mod atomics;
mod exchange;
mod kinds;
mod memory;
mod paths;
mod spellings;
mod system;
mod values;

fn main() -> std::io::Result<()> {
    memory::run();
    paths::run();
    spellings::run();
    system::run();
    values::run();
    atomics::run();
    kinds::run();
    exchange::run();
    runs::write()
}
