//! A program that needs every static of `neighbours::statics`: its symbols tell where the linker put them.

use neighbours::statics::{apart, close, far, one_thread, unsaid};
use neighbours::elements;

fn main() {
    close::send();
    close::take();
    unsaid::hit();
    unsaid::miss();
    far::enter();
    far::leave();
    apart::send();
    apart::take();
    one_thread::open();
    one_thread::close();
    elements::acquire(1);
    elements::release(1);
}
