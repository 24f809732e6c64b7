//! Jobs for the threads of a pool, which began to run long before.

#[inline(never)]
fn history(value: u64) -> Vec<u64> {
    std::hint::black_box(vec![value; 8])
}

// ringfence: root
#[inline(never)]
pub fn in_a_scope(value: u64) {
    rayon::scope(|scope| scope.spawn(move |_| drop(history(value))));
}

// ringfence: root
#[inline(never)]
pub fn installed(pool: &rayon::ThreadPool, value: u64) -> usize {
    pool.install(|| history(value).len())
}

// ringfence: root
#[inline(never)]
pub fn beside(value: u64) {
    rayon::spawn(move || drop(history(value)));
}

// ringfence: root
#[inline(never)]
pub fn in_the_scope_of_a_pool(pool: &mut scoped_threadpool::Pool, value: u64) {
    pool.scoped(|scope| scope.execute(move || drop(history(value))));
}

// ringfence: root
#[inline(never)]
pub fn executed(pool: &threadpool::ThreadPool, value: u64) {
    pool.execute(move || drop(history(value)));
}

// ringfence: root
#[inline(never)]
pub fn executed_and_joined(pool: &threadpool::ThreadPool, value: u64) {
    pool.execute(move || drop(history(value)));
    pool.join();
}

// ringfence: root
/// It starts the workers, and none of their work is its own.
#[inline(never)]
pub fn started() -> threadpool::ThreadPool {
    threadpool::ThreadPool::new(4)
}
