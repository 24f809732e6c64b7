//! How an allocation is reached: through pointers, objects and closures, in loops, on first use, by a drop.

use callbacks::Feed;
use classes::History;
use dispatch::{Double, Either, Rule};
use drops::{Desk, Plain, Registered};
use loops::Row;
use ordinary::{Depth, Plant, Quote};
use runs::window;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

const MANY: u64 = 256;

pub fn run() {
    callbacks();
    classes();
    closures();
    dispatch();
    drops();
    first_use();
    loops();
    ordinary();
    sorts();
    tables();
}

fn nothing(_: u64) -> Vec<u64> {
    Vec::new()
}

fn callbacks() {
    let mut feed = Feed { on_price: nothing, on_close: None, last: 0 };
    window("callbacks::Feed::publish", || feed.publish(black_box(1)));
    window("callbacks::Feed::close", || feed.close());
    window("callbacks::Feed::subscribe", || feed.subscribe());
    window("callbacks::Feed::publish", || feed.publish(black_box(2)));
    window("callbacks::Feed::close", || feed.close());
    feed.on_close = Some(feed.on_price);
    window("callbacks::Feed::close", || feed.close());
    let mut values: Vec<u64> = (0..MANY).map(|value| value * 37 % MANY).collect();
    window("callbacks::sorted", || callbacks::sorted(&mut values));
}

fn classes() {
    let mut history = History { values: Vec::new(), names: vec!["first".to_owned(), "second".to_owned()] };
    window("classes::History::doubled", || history.doubled());
    for value in 0..MANY {
        window("classes::History::remember", || history.remember(black_box(value)));
    }
    window("classes::History::doubled", || history.doubled());
    for _ in 0..3 {
        window("classes::History::boxed", || history.boxed(black_box([1; 4])));
        window("classes::History::at", || history.at(black_box(3)));
        window("classes::History::parsed", || history.parsed(black_box("17")));
        window("classes::History::checked", || history.checked(black_box("17")));
        window("classes::History::name", || history.name().len());
    }
    let _ = window("classes::History::limited", || history.limited(black_box(1)));
    let _ = window("classes::History::limited", || history.limited(black_box(1 << 40)));
}

fn closures() {
    let values = [1, 2, 3, 4];
    window("closures::total", || closures::total(black_box(&values)));
    let mut found = vec![String::new(), "an earlier one".to_owned(), String::new()];
    window("closures::texts", || closures::texts(black_box(&[]), &mut found));
    window("closures::texts", || closures::texts(black_box(&values), &mut found));
}

fn dispatch() {
    let mut pipeline = dispatch::pipeline(|value| value + 1, black_box(100));
    for value in 0..MANY {
        window("dispatch::Pipeline::run", || pipeline.run(black_box(value)));
    }
    window("dispatch::Pipeline::call_hook", || pipeline.call_hook(black_box(1)));
    for value in [1, 1000] {
        window("dispatch::Pipeline::passes", || pipeline.passes(black_box(value)));
        window("dispatch::choose", || dispatch::choose(black_box(value == 1), value));
        window("dispatch::by_type", || dispatch::by_type(black_box(value)));
        window("dispatch::by_path", || dispatch::by_path(black_box(&mut Double), black_box(value)));
    }
    let rule = Rule { is_broken: Box::new(|bid, ask| bid > ask) };
    window("dispatch::check", || dispatch::check(&rule, black_box(&1), black_box(&2)));
    window("dispatch::by_enum", || dispatch::by_enum(black_box(&mut Either::Double(Double)), 2));
    window("dispatch::by_enum", || dispatch::by_enum(black_box(&mut Either::Constant(3)), 2));
}

fn drops() {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let mut desk = Desk { session: Box::new(Plain(0)), shared: Arc::new(Plain(1)), slots: [0; 4] };
    for number in 0..MANY {
        let plain = Box::new(Plain(number));
        window("drops::Desk::close", || desk.close(plain));
        let registered = Box::new(Registered { number, closed: Arc::clone(&closed) });
        window("drops::Desk::close", || desk.close(registered));
    }
    desk.session = Box::new(Registered { number: 0, closed: Arc::default() });
    let plain = Box::new(Plain(0));
    window("drops::Desk::close", || desk.close(plain));
    let shared = Arc::new(Plain(3));
    let other = Arc::clone(&shared);
    window("drops::Desk::release", || Desk::release(other));
    window("drops::Desk::release", || Desk::release(shared));
    window("drops::Desk::lend", || desk.lend().0);
    let leaked = Arc::new(Plain(4));
    window("drops::Desk::leak", || desk.leak(leaked));
}

fn first_use() {
    window("first_use::name_if_set", || first_use::name_if_set().is_some());
    let mut values = Vec::new();
    for _ in 0..3 {
        window("first_use::square", || first_use::square(black_box(3)));
        window("first_use::name", first_use::name);
        window("first_use::start", || first_use::start(&mut values));
        window("first_use::scratch", first_use::scratch);
        window("first_use::count", first_use::count);
        window("first_use::prices", || first_use::prices().len());
        window("first_use::name_if_set", || first_use::name_if_set().is_some());
    }
}

fn loops() {
    let rows: Vec<Row> = (1..4).map(|cells| Row { cells: vec![cells; cells as usize] }).collect();
    for keep in [&mut [None, None, None], &mut [Some(Box::new(1)), None, Some(Box::new(2))]] {
        window("loops::in_a_loop", || loops::in_a_loop(black_box(&rows), keep));
        window("loops::in_a_loop_of_a_loop", || loops::in_a_loop_of_a_loop(black_box(&rows), keep));
        window("loops::through_a_function", || loops::through_a_function(black_box(&rows), keep));
    }
    window("loops::in_a_loop", || loops::in_a_loop(black_box(&[]), &mut []));
    for value in 0..3 {
        window("loops::in_no_loop", || loops::in_no_loop(black_box(value)));
        window("loops::behind_a_loop", || loops::behind_a_loop(black_box(&rows)));
        window("loops::on_a_condition", || loops::on_a_condition(black_box(value)));
    }
    window("loops::behind_a_loop", || loops::behind_a_loop(black_box(&[])));
}

fn ordinary() {
    let mut plant = Plant::new();
    let quote = Quote { name: "name", key: 3, price: 17, payload: &[1, 2, 3] };
    let silent = Quote { name: "", key: 4, price: 17, payload: &[] };
    for quote in [&silent, &quote] {
        window("ordinary::Plant::keep_payload", || plant.keep_payload(quote));
        window("ordinary::Plant::keep_name", || plant.keep_name(quote));
        window("ordinary::Plant::record", || plant.record(quote));
    }
    for price in 0..MANY {
        window("ordinary::Plant::decide", || plant.decide(black_box(price)));
    }
    plant.data.get_mut().unwrap().push(3);
    plant.positions.insert(3, 1);
    window("ordinary::Plant::total", || plant.total());
    window("ordinary::Plant::best", || plant.best());
    window("ordinary::Plant::positions_of", || plant.positions_of(&[silent, quote]));
    window("ordinary::Plant::snapshot", || plant.snapshot());
    plant.depth = Depth { levels: vec![(1, 2)], venue: "venue".to_owned() };
    window("ordinary::Plant::snapshot", || plant.snapshot());
}

fn sorts() {
    let orders = |count: u64| -> Vec<sorts::Order> {
        (0..count).map(|at| sorts::Order { price: (at * 37 % MANY) as i64, quantity: at }).collect()
    };
    for count in [0, 3, 30, 4 * MANY] {
        let mut book = orders(count);
        window("sorts::by_price", || sorts::by_price(black_box(&mut book)));
        let mut book = orders(count);
        window("sorts::by_price_in_place", || sorts::by_price_in_place(black_box(&mut book)));
        window("sorts::place", || sorts::place(black_box(&book), 7));
    }
}

fn tables() {
    for choice in [0, 1, 1, 0] {
        window("tables::by_table", || tables::by_table(black_box(choice), 12));
        window("tables::scale", || tables::scale(black_box(12)));
    }
    for made in [bytes::Bytes::from_static(b"eight bytes and more"), bytes::Bytes::from(vec![1; 40])] {
        window("tables::tail", || tables::tail(black_box(&made)));
        window("tables::tail", || tables::tail(black_box(&made)));
    }
    for line in ["", "a,b", "no comma in so long a line, but for the one"] {
        window("tables::comma", || tables::comma(black_box(line.as_bytes())));
    }
    for count in [0, 2, 9] {
        let mut values: Vec<u64> = (0..count).map(|at| at * 7 % 5).collect();
        window("tables::sorted_by_text", || tables::sorted_by_text(black_box(&mut values)));
    }
}
