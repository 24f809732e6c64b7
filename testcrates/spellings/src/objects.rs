//! Boxes, counted pointers, objects behind traits, closures, errors, futures.

use std::any::Any;
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub enum Tree {
    Leaf,
    Node(Box<Tree>, u64, Box<Tree>),
}

// ringfence: root
pub fn planted(depth: u64) -> Tree {
    if depth == 0 {
        return Tree::Leaf;
    }
    Tree::Node(Box::new(planted(depth - 1)), depth, Box::new(planted(depth - 1)))
}

// ringfence: root
pub fn felled(tree: Tree) -> bool {
    matches!(tree, Tree::Leaf)
}

// ringfence: root
pub fn summed(tree: &Tree) -> u64 {
    match tree {
        Tree::Leaf => 0,
        Tree::Node(left, value, right) => summed(left) + value + summed(right),
    }
}

#[derive(Clone)]
pub struct Chain {
    pub value: u64,
    pub next: Option<Rc<Chain>>,
}

// ringfence: root
pub fn unlinked(chain: Rc<Chain>) -> u64 {
    chain.value
}

// ringfence: root
pub fn copied_on_write(shared: &mut Arc<Vec<u64>>) {
    Arc::make_mut(shared).push(3);
}

// ringfence: root
pub fn unwrapped(shared: Rc<String>) -> Option<String> {
    Rc::try_unwrap(shared).ok()
}

// ringfence: root
pub fn downgraded(shared: &Rc<u64>) -> Weak<u64> {
    Rc::downgrade(shared)
}

// ringfence: root
pub fn forgotten(weak: Weak<u64>) -> bool {
    weak.upgrade().is_some()
}

// ringfence: root
pub fn cyclic(value: u64) -> Rc<(u64, Weak<u64>)> {
    Rc::new((value, Weak::new()))
}

// ringfence: root
pub fn remembered(cell: &OnceCell<String>) -> usize {
    cell.get_or_init(|| "made once".to_owned()).len()
}

// ringfence: root
pub fn noted(log: &RefCell<Vec<String>>) {
    log.borrow_mut().push("noted".to_owned());
}

// ringfence: root
pub fn adder(step: u64) -> Box<dyn Fn(u64) -> u64> {
    Box::new(move |value| value + step)
}

// ringfence: root
pub fn called_once(task: Box<dyn FnOnce(u64) -> String>) -> usize {
    task(3).len()
}

/// One of the tasks that `called_once` is given.
pub fn task(prefix: String) -> Box<dyn FnOnce(u64) -> String> {
    Box::new(move |value| format!("{prefix}{value}"))
}

// ringfence: root
pub fn downcast(value: Box<dyn Any>) -> Option<Box<u64>> {
    value.downcast().ok()
}

#[derive(Debug)]
pub struct TooLarge(pub u64);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is too large", self.0)
    }
}

impl Error for TooLarge {}

// ringfence: root
pub fn converted(text: &str) -> Result<u64, Box<dyn Error>> {
    let value: u64 = text.parse()?;
    if value > 100 {
        return Err(TooLarge(value).into());
    }
    if value == 77 {
        return Err("not this one".into());
    }
    Ok(value)
}

// ringfence: root
pub fn swallowed(text: &str) -> u64 {
    converted(text).unwrap_or_default()
}

// ringfence: root
pub fn explained(text: &str) -> String {
    match converted(text) {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

// ringfence: root
pub fn replaced(slot: &mut Option<Box<[u64; 8]>>) -> bool {
    slot.replace(Box::new([3; 8])).is_some()
}

// ringfence: root
pub fn taken(slot: &mut Option<Box<[u64; 8]>>) -> u64 {
    slot.take().map_or(0, |values| values[0])
}

// ringfence: root
pub fn inserted(slot: &mut Option<String>) -> usize {
    slot.get_or_insert_with(|| "a default".to_owned()).len()
}

// ringfence: root
pub fn modified(text: &mut Cow<'static, str>) {
    text.to_mut().push('!');
}

async fn later(value: u64) -> Vec<u64> {
    std::future::ready(()).await;
    vec![value; 4]
}

// ringfence: root
pub fn spawned(value: u64) -> Pin<Box<dyn Future<Output = Vec<u64>>>> {
    Box::pin(later(value))
}

// ringfence: root
pub fn polled(future: &mut Pin<Box<dyn Future<Output = Vec<u64>>>>) -> usize {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(values) => values.len(),
        Poll::Pending => 0,
    }
}

// ringfence: root
pub fn dropped(future: Pin<Box<dyn Future<Output = Vec<u64>>>>) {
    drop(future);
}

pub trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        "shape".to_owned()
    }
    fn twin(&self) -> Box<dyn Shape>;
}

#[derive(Clone)]
pub struct Square(pub f64);

#[derive(Clone)]
pub struct Polygon(pub Vec<(f64, f64)>);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
    fn twin(&self) -> Box<dyn Shape> {
        Box::new(self.clone())
    }
}

impl Shape for Polygon {
    fn area(&self) -> f64 {
        self.0.iter().map(|(x, y)| x * y).sum()
    }
    fn name(&self) -> String {
        format!("polygon of {}", self.0.len())
    }
    fn twin(&self) -> Box<dyn Shape> {
        Box::new(self.clone())
    }
}

// ringfence: root
pub fn named(shape: &dyn Shape) -> String {
    shape.name()
}

// ringfence: root
pub fn measured(shape: &dyn Shape) -> f64 {
    shape.area()
}

// ringfence: root
pub fn all_copied(shapes: &[Box<dyn Shape>]) -> Vec<Box<dyn Shape>> {
    shapes.iter().map(|shape| shape.twin()).collect()
}

// ringfence: root
pub fn all_dropped(shapes: Vec<Box<dyn Shape>>) -> usize {
    shapes.len()
}

// ringfence: root
pub fn caught(value: u64) -> bool {
    std::panic::catch_unwind(|| assert!(value < 3, "{value} is too large")).is_err()
}

pub struct Guard<'a>(pub &'a RefCell<Vec<u64>>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push(1);
    }
}

// ringfence: root
pub fn guarded(log: &RefCell<Vec<u64>>) -> usize {
    let _guard = Guard(log);
    let before = log.borrow().len();
    before
}
