//! Function pointers: values that are called.

pub mod local {
    fn leaf(value: u8) -> u8 {
        hit!();
        value
    }

    // ringfence: root
    //~ calls: leaf
    #[inline(never)]
    pub fn root(value: u8) -> u8 {
        let function: fn(u8) -> u8 = leaf;
        function(value)
    }
}

pub mod parameter {
    #[inline(never)]
    fn apply(function: fn(u16, u16) -> u16, value: u16) -> u16 {
        hit!();
        function(value, 3)
    }

    fn sum(left: u16, right: u16) -> u16 {
        hit!();
        left.wrapping_add(right)
    }

    fn product(left: u16, right: u16) -> u16 {
        hit!();
        left.wrapping_mul(right)
    }

    // ringfence: root
    //~ calls: apply, sum
    //~ also at 3: product
    #[inline(never)]
    pub fn root(value: u16) -> u16 {
        apply(sum, value)
    }

    // ringfence: root
    //~ calls: apply, product
    //~ also at 3: sum
    #[inline(never)]
    pub fn other_root(value: u16) -> u16 {
        apply(product, value)
    }
}

pub mod chosen {
    #[inline(never)]
    fn up(value: u32, by: u8) -> u32 {
        hit!();
        value + u32::from(by)
    }

    #[inline(never)]
    fn down(value: u32, by: u8) -> u32 {
        hit!();
        value - u32::from(by)
    }

    #[inline(never)]
    fn aside(value: u32, by: u8) -> u32 {
        hit!();
        value ^ u32::from(by)
    }

    // ringfence: root
    //~ calls: up, down
    //~ also at 0: aside
    #[inline(never)]
    pub fn root(rising: bool, value: u32) -> u32 {
        let step: fn(u32, u8) -> u32 = if rising { up } else { down };
        step(value, 3)
    }

    // Takes an address of the same type and calls nothing.
    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn taken(to: &mut fn(u32, u8) -> u32) {
        hit!();
        *to = aside;
    }
}

pub mod table {
    fn get(slot: usize, key: u64) -> u64 {
        hit!();
        key + slot as u64
    }

    fn put(slot: usize, key: u64) -> u64 {
        hit!();
        key - slot as u64
    }

    fn remove(slot: usize, key: u64) -> u64 {
        hit!();
        key ^ slot as u64
    }

    static COMMANDS: [fn(usize, u64) -> u64; 3] = [get, put, remove];

    // ringfence: root
    //~ calls: get, put, remove
    #[inline(never)]
    pub fn root(command: usize, key: u64) -> u64 {
        COMMANDS[command % 3](command, key)
    }
}

pub mod field_set_here {
    pub struct Timer {
        fire: fn(&mut u8, i16),
        left: u8,
    }

    fn ring(state: &mut u8, _: i16) {
        hit!();
        *state = 1;
    }

    #[inline(never)]
    fn timer(left: u8) -> Timer {
        hit!();
        Timer { fire: ring, left }
    }

    // ringfence: root
    //~ calls: timer, ring
    #[inline(never)]
    pub fn root(left: u8) -> u8 {
        let mut timer = timer(left);
        (timer.fire)(&mut timer.left, 2);
        timer.left
    }
}

pub mod field_set_elsewhere {
    pub struct Engine {
        hook: fn(&mut u64, i64, i64),
        state: u64,
    }

    fn on_start(state: &mut u64, _: i64, _: i64) {
        hit!();
        *state += 1;
    }

    fn on_stop(state: &mut u64, _: i64, _: i64) {
        hit!();
        *state -= 1;
    }

    #[inline(never)]
    pub fn engine(starts: bool) -> Engine {
        Engine { hook: if starts { on_start } else { on_stop }, state: 0 }
    }

    // The pointers are set where no root comes by.
    // ringfence: root
    //~ calls: on_start, on_stop
    #[inline(never)]
    pub fn root(engine: &mut Engine) {
        (engine.hook)(&mut engine.state, 1, 2);
    }
}

pub mod optional {
    fn log(level: i8, code: i8, line: i8) -> i8 {
        hit!();
        level + code + line
    }

    // ringfence: root
    //~ calls: root::{closure#0}, log
    #[inline(never)]
    pub fn root(verbose: bool) -> i8 {
        let logger: Option<fn(i8, i8, i8) -> i8> = verbose.then_some(log);
        logger.map_or(0, |logger| logger(1, 2, 3))
    }
}

pub mod constant_of_trait {
    pub trait Message {
        const DECODE: fn(&[u8], u8) -> u8;
    }

    pub struct Ping;

    impl Message for Ping {
        const DECODE: fn(&[u8], u8) -> u8 = ping;
    }

    pub struct Pong;

    impl Message for Pong {
        const DECODE: fn(&[u8], u8) -> u8 = pong;
    }

    fn ping(bytes: &[u8], at: u8) -> u8 {
        hit!();
        bytes.len() as u8 + at
    }

    fn pong(bytes: &[u8], at: u8) -> u8 {
        hit!();
        bytes.len() as u8 - at
    }

    #[inline(never)]
    fn decode<M: Message>(bytes: &[u8]) -> u8 {
        hit!();
        (M::DECODE)(bytes, 1)
    }

    // ringfence: root
    //~ calls: decode<Ping>, ping
    #[inline(never)]
    pub fn root(bytes: &[u8]) -> u8 {
        decode::<Ping>(bytes)
    }

    // ringfence: root
    //~ calls: decode<Pong>, pong
    #[inline(never)]
    pub fn of_pong(bytes: &[u8]) -> u8 {
        decode::<Pong>(bytes)
    }
}

pub mod returned {
    fn even(value: i32, bit: bool) -> bool {
        hit!();
        value % 2 == i32::from(bit)
    }

    fn odd(value: i32, bit: bool) -> bool {
        hit!();
        value % 2 != i32::from(bit)
    }

    #[inline(never)]
    fn choose(parity: bool) -> fn(i32, bool) -> bool {
        hit!();
        if parity {
            even
        } else {
            odd
        }
    }

    // ringfence: root
    //~ calls: choose, even, odd
    #[inline(never)]
    pub fn root(parity: bool, value: i32) -> bool {
        choose(parity)(value, false)
    }
}

pub mod foreign_callback {
    use std::ffi::c_void;

    unsafe extern "C" {
        fn qsort(base: *mut c_void, count: usize, size: usize, compare: extern "C" fn(*const i32, *const i32) -> i32);
    }

    extern "C" fn ascending(left: *const i32, right: *const i32) -> i32 {
        hit!();
        unsafe { *left - *right }
    }

    // Foreign code calls what it is handed.
    // ringfence: root
    //~ calls: ascending
    #[inline(never)]
    pub fn root(values: &mut [i32]) {
        unsafe { qsort(values.as_mut_ptr().cast(), values.len(), 4, ascending) };
    }
}

pub mod operations {
    pub struct Operations {
        open: fn(u8, u8, u32) -> u8,
        shut: fn(u8, u8, u32) -> u8,
    }

    fn open_file(a: u8, b: u8, c: u32) -> u8 {
        hit!();
        a + b + c as u8
    }

    fn shut_file(a: u8, b: u8, c: u32) -> u8 {
        hit!();
        a - b - c as u8
    }

    fn open_pipe(a: u8, b: u8, c: u32) -> u8 {
        hit!();
        a ^ b ^ c as u8
    }

    fn shut_pipe(a: u8, b: u8, c: u32) -> u8 {
        hit!();
        a | b | c as u8
    }

    static FILE: Operations = Operations { open: open_file, shut: shut_file };
    static PIPE: Operations = Operations { open: open_pipe, shut: shut_pipe };

    #[inline(never)]
    pub fn operations(is_pipe: bool) -> &'static Operations {
        if is_pipe {
            &PIPE
        } else {
            &FILE
        }
    }

    // ringfence: root
    //~ calls: open_file, open_pipe
    #[inline(never)]
    pub fn root(operations: &Operations) -> u8 {
        (operations.open)(1, 2, 3)
    }

    // ringfence: root
    //~ calls: shut_file, shut_pipe
    #[inline(never)]
    pub fn closed(operations: &Operations) -> u8 {
        (operations.shut)(1, 2, 3)
    }
}

pub mod global_handler {
    use std::sync::atomic::{AtomicPtr, Ordering};

    type Handler = fn(&mut [u8], usize, usize);

    static HANDLER: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

    fn handler(bytes: &mut [u8], from: usize, to: usize) {
        hit!();
        bytes[from..to].fill(0);
    }

    #[inline(never)]
    pub fn install() {
        HANDLER.store(handler as Handler as *mut (), Ordering::Release);
    }

    // ringfence: root
    //~ calls: handler
    #[inline(never)]
    pub fn root(bytes: &mut [u8]) {
        let pointer = HANDLER.load(Ordering::Acquire);
        if !pointer.is_null() {
            let handler: Handler = unsafe { std::mem::transmute(pointer) };
            handler(bytes, 0, 1);
        }
    }
}

pub mod list {
    fn first(sum: &mut i64, by: i64) {
        hit!();
        *sum += by;
    }

    fn second(sum: &mut i64, by: i64) {
        hit!();
        *sum *= by;
    }

    // ringfence: root
    //~ calls: first, second
    #[inline(never)]
    pub fn root(sum: &mut i64) {
        let steps: Vec<fn(&mut i64, i64)> = vec![first, second];
        for step in steps {
            step(sum, 3);
        }
    }
}

pub mod started_by_foreign_code {
    use std::ffi::c_void;

    unsafe extern "C" {
        fn pthread_create(
            thread: *mut u64,
            attributes: *const c_void,
            start: extern "C" fn(*mut c_void) -> *mut c_void,
            argument: *mut c_void,
        ) -> i32;
        fn pthread_join(thread: u64, result: *mut *mut c_void) -> i32;
    }

    extern "C" fn start(argument: *mut c_void) -> *mut c_void {
        hit!();
        argument
    }

    // ringfence: root
    //~ calls: start
    #[inline(never)]
    pub fn root() -> i32 {
        let (mut thread, mut result) = (0, std::ptr::null_mut());
        unsafe {
            pthread_create(&mut thread, std::ptr::null(), start, std::ptr::null_mut());
            pthread_join(thread, &mut result)
        }
    }

    // ringfence: root
    //~ calls: nothing
    #[inline(never)]
    pub fn beside() -> i32 {
        let mut thread = 0;
        unsafe { pthread_create(&mut thread, std::ptr::null(), start, std::ptr::null_mut()) }
    }
}

pub mod handed_through_the_heap {
    pub struct Job {
        run: fn(&Job, u128),
        size: u128,
    }

    fn small(job: &Job, by: u128) {
        hit!();
        std::hint::black_box(job.size + by);
    }

    #[inline(never)]
    fn queue(jobs: &mut Vec<Job>) {
        hit!();
        jobs.push(Job { run: small, size: 3 });
    }

    // ringfence: root
    //~ calls: queue, small
    #[inline(never)]
    pub fn root(jobs: &mut Vec<Job>) {
        queue(jobs);
        for job in jobs.iter() {
            (job.run)(job, 2);
        }
    }
}
