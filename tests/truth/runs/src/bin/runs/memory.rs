//! What allocates, grows and frees: values, containers, arenas.

use allocations::{Book, Order};
use bumpalo::Bump;
use containers::Store;
use runs::window;
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::rc::Rc;
use taken::Outbox;
use twins::{Ask, Bid};

const MANY: u64 = 256;
const ORDER: Order = Order { id: 7, price: 1_000_000_007, quantity: 3 };

pub fn run() {
    values();
    book();
    arena();
    containers();
    small_vectors();
    taken();
    twins();
}

fn book() {
    let mut book = Book {
        pending: Vec::new(),
        levels: BTreeMap::new(),
        last: Box::new(ORDER),
        label: String::new(),
    };
    for _ in 0..3 {
        window("allocations::Book::keep", || book.keep(black_box(ORDER)));
        window("allocations::Book::share", || book.share());
        window("allocations::Book::describe", || book.describe(&black_box(ORDER)));
        window("allocations::Book::reserved", || book.reserved(black_box(ORDER)));
        let next = Box::new(ORDER);
        window("allocations::Book::replace", || book.replace(next));
        window("allocations::Book::overwrite", || book.overwrite(black_box(ORDER)));
        window("allocations::Book::largest", || book.largest());
        window("allocations::Book::empty", || book.empty());
    }
    for length in [0, 1, 1000] {
        window("allocations::Book::zeroes", || book.zeroes(black_box(length)));
    }
    for price in 0..MANY {
        window("allocations::Book::level", || book.level(black_box(price * 37 % MANY)));
    }
    for held in [0, 3, 8] {
        book.pending = Vec::with_capacity(8);
        book.pending.resize(held, ORDER);
        window("allocations::Book::tighten", || book.tighten());
    }
    for held in [0, 3, 8] {
        let mut orders = Vec::with_capacity(8);
        orders.resize(held, ORDER);
        window("allocations::boxed_slice", || allocations::boxed_slice(orders));
    }
    for held in [0, 3, MANY] {
        let mut names: HashMap<u64, u64> = (0..MANY).map(|name| (name, name)).collect();
        names.retain(|name, _| *name < held);
        window("allocations::smaller_table", || allocations::smaller_table(&mut names));
    }
    for _ in 0..MANY {
        window("allocations::Book::relabel", || book.relabel(&black_box(ORDER)));
    }
    for label in ["", "  label"] {
        book.label = label.to_owned();
        window("allocations::Book::borrowed", || book.borrowed(black_box("other")).len());
    }
}

fn values() {
    for text in ["", "text"] {
        window("allocations::own", || allocations::own(black_box(text)));
        window("allocations::join", || allocations::join(black_box(text), black_box("")));
    }
    window("allocations::removed_by_the_optimiser", || allocations::removed_by_the_optimiser(black_box(3)));
}

fn arena() {
    let scratch = chunks::Scratch { arena: Bump::new() };
    for value in 0..4 * MANY {
        window("chunks::Scratch::keep", || *scratch.keep(value));
    }
    window("chunks::Scratch::used", || scratch.used());
}

fn containers() {
    let mut store = Store {
        map: HashMap::new(),
        queue: VecDeque::new(),
        text: String::new(),
        shared: Rc::new([1; 8]),
        buffer: Vec::new(),
    };
    window("containers::Store::squares", || store.squares());
    for value in 0..MANY {
        window("containers::Store::insert", || store.insert(black_box(value), value));
        window("containers::Store::enqueue", || store.enqueue(black_box(value)));
        window("containers::Store::append", || store.append(black_box("text")));
        store.buffer.push(value ^ 5);
    }
    window("containers::Store::squares", || store.squares());
    window("containers::Store::share", || store.share());
    window("containers::Store::share", || store.share());
    window("containers::Store::lookup", || store.lookup(black_box(3)));
    window("containers::Store::lookup", || store.lookup(black_box(MANY)));
    window("containers::Store::sum", || store.sum());
    window("containers::Store::sort", || store.sort());
    window("containers::Store::reuse", || store.reuse());
    window("containers::discard", || containers::discard(black_box(Vec::new())));
    let values = vec![1, 2, 3];
    window("containers::discard", || containers::discard(values));
}

fn small_vectors() {
    let mut book = spill::Book { levels: SmallVec::new(), sizes: SmallVec::new() };
    window("spill::Book::best", || book.best());
    for price in 0..MANY {
        window("spill::Book::add", || book.add(black_box(price)));
    }
    window("spill::Book::best", || book.best());
    for most in [2, 3, 4, 4, 3, 2, 1, 8, 8, 8, 8, 8, 2, 2, 2, 2] {
        window("spill::Book::fit", || book.fit(black_box(most)));
    }
    for prices in [&[1, 2][..], &[5, 4, 3, 2, 1][..], &[3; 40][..]] {
        window("spill::spread", || spill::spread(black_box(prices)));
    }
}

fn taken() {
    let mut outbox = Outbox { pending: Vec::new(), spare: Vec::new() };
    for value in 0..MANY {
        window("taken::Outbox::restart", || outbox.restart(black_box(value)));
        window("taken::Outbox::collect", || outbox.collect(black_box(&[])));
        window("taken::Outbox::collect", || outbox.collect(black_box(&[value; 9])));
    }
    for value in 0..MANY {
        window("taken::Outbox::swapped", || outbox.swapped(black_box(value)));
        window("taken::Outbox::drained", || outbox.drained(black_box(value)));
    }
}

fn twins() {
    let bid = Bid { price: 3, text: "text".to_owned() };
    let ask = Ask { price: 4, text: String::new() };
    window("twins::Bid::cost", || bid.cost());
    window("twins::Ask::cost", || ask.cost());
    window("twins::both", || twins::both(&bid, &ask));
    window("twins::east::label", || twins::east::label(black_box(7)));
    window("twins::west::label", || twins::west::label(black_box(7)));
    let silent = Bid { price: 3, text: String::new() };
    window("twins::both", || twins::both(&silent, &ask));
}
