//! What makes values: clones, copies, text, serialised data, objects of an arena, errors.

use apis::{Plant, Quote};
use clones::{Depth, Label};
use copies::{Book, Engine, Ladder};
use encodes::{Id, Journal, Side};
use runs::window;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use temporaries::{Desk, Session};

const MANY: u64 = 256;

pub fn run() {
    apis();
    arenas();
    clones();
    copies();
    behind();
    encodes();
    hints();
    temporaries();
}

fn apis() {
    let quote = |price| Quote { price, venue: 1 };
    let mut plant = Plant { history: Vec::new(), by_price: HashMap::new(), current: Arc::new(quote(0)) };
    for price in 0..MANY {
        window("apis::Plant::push", || plant.push(quote(black_box(price))));
        window("apis::Plant::insert", || plant.insert(quote(black_box(price))));
    }
    for price in 0..3 {
        let next = Arc::new(quote(price));
        window("apis::Plant::replace", || plant.replace(next));
        window("apis::Plant::read", || plant.read());
        window("apis::boxed", || apis::boxed(black_box(price)));
        window("apis::counted", || apis::counted(black_box(price)));
        let _ = window("apis::later", || apis::later(black_box(price)));
    }
    let held = Arc::new(quote(3));
    let shared = Arc::clone(&held);
    window("apis::Plant::replace", || plant.replace(shared));
    window("apis::Plant::replace", || plant.replace(held));
    for count in [0, 1, 40] {
        let quotes: Vec<Quote> = (0..count).map(quote).collect();
        let data: Vec<u32> = vec![7; quotes.len()];
        let text = "q".repeat(quotes.len());
        window("apis::own", || apis::own(black_box(&text)));
        window("apis::keep", || apis::keep(black_box(&data)));
        window("apis::prices", || apis::prices(black_box(&quotes)));
        window("apis::zeroes", || apis::zeroes(black_box(quotes.len())));
    }
}

fn arenas() {
    let quote = |id| arenas::Quote { id, price: id * 3 };
    let mut store = arenas::Store {
        typed: typed_arena::Arena::new(),
        slab: slab::Slab::new(),
        generations: generational_arena::Arena::with_capacity(1),
    };
    for id in 0..4 * MANY {
        window("arenas::Store::keep", || store.keep(quote(id)).price);
        window("arenas::Store::index", || store.index(quote(id)));
        window("arenas::Store::handle", || store.handle(quote(id)));
    }
    for key in [3, 1 << 20] {
        window("arenas::Store::price", || store.price(black_box(key)));
    }
}

fn clones() {
    let depth = |levels: &[(u64, u64)], venue: &str| Depth { levels: levels.to_vec(), venue: venue.to_owned() };
    for (levels, text) in [(&[][..], ""), (&[(1, 2), (3, 4)][..], "a name that is long")] {
        let desk = clones::Desk {
            depth: depth(levels, text),
            names: levels.iter().map(|_| text.to_owned()).collect(),
            shared: Arc::new(depth(levels, text)),
            quote: clones::Quote { bid: 1, ask: 2 },
            tag: (!text.is_empty()).then(|| text.to_owned()),
        };
        window("clones::Desk::snapshot", || desk.snapshot());
        window("clones::Desk::all_names", || desk.all_names());
        window("clones::Desk::venue", || desk.venue());
        window("clones::Desk::tagged", || desk.tagged());
        window("clones::Desk::first_long", || desk.first_long());
        window("clones::Desk::share", || desk.share());
        window("clones::Desk::last", || desk.last());
        window("clones::Desk::prices", || desk.prices());
        window("clones::owned", || clones::owned(black_box(Cow::Borrowed(text))));
        let owned = Cow::Owned(text.to_owned());
        window("clones::owned", || clones::owned(black_box(owned)));
    }
    let tag = window("clones::untagged", clones::untagged);
    window("clones::tagged_again", || clones::tagged_again(black_box(&tag)));
    let label = Label::new();
    window("clones::labelled", || clones::labelled(black_box(&label)));
    let short = ["short", "longer than eight"].map(str::to_owned).to_vec();
    let desk = clones::Desk {
        depth: depth(&[], ""),
        names: short,
        shared: Arc::new(depth(&[], "")),
        quote: clones::Quote { bid: 1, ask: 2 },
        tag: None,
    };
    window("clones::Desk::first_long", || desk.first_long());
}

fn copies() {
    let book = Book { bids: [1; 64], asks: [2; 64] };
    let mut engine = Engine {
        book,
        ladder: Ladder { steps: [3; 500] },
        quote: copies::Quote { bid: 4, ask: 5 },
        last: None,
        log: Vec::with_capacity(16),
        frame: [6; 4096],
        head: [7; 16],
    };
    for _ in 0..3 {
        window("copies::Engine::send_copy", || engine.send_copy());
        window("copies::Engine::snapshot", || engine.snapshot().steps[0]);
        window("copies::Engine::keep", || engine.keep());
        window("copies::Engine::take_over", || engine.take_over(black_box(&[8; 4096])));
        window("copies::Engine::gather", || engine.gather(black_box(&[b"part", b"a part that is longer"])));
        window("copies::Engine::clear", || engine.clear());
        window("copies::Engine::send_reference", || engine.send_reference());
        window("copies::Engine::small", || engine.small().bid);
        window("copies::Engine::small_array", || engine.small_array(black_box(&[9; 16])));
        window("copies::Engine::spread", || engine.spread());
        window("copies::Engine::built", || engine.built(black_box(10)).asks[0]);
        window("copies::Engine::one_slice", || engine.one_slice(black_box(&mut [0; 8]), black_box(&[1; 8])));
    }
    let mut history = Vec::new();
    for _ in 0..MANY {
        window("copies::Engine::remember", || engine.remember(&mut history));
    }
}

fn encodes() {
    let mut journal = Journal { text: String::new(), name: "name".to_owned(), levels: Vec::new() };
    let long = format!("[{}]", ["[1,2]"; 40].join(","));
    for text in ["[]", "[[1,2],[3", &long, "no JSON"] {
        window("encodes::Journal::from_json", || journal.from_json(black_box(text)));
        window("encodes::Journal::json", || journal.json());
        window("encodes::Journal::bytes", || journal.bytes());
        window("encodes::Journal::label", || journal.label(&black_box(Id(7))));
        window("encodes::Journal::number", || journal.number(black_box(1_000_000_007)));
        window("encodes::Journal::copy_name", || journal.copy_name());
        window("encodes::Journal::checked", || journal.checked(black_box(3)));
    }
    let (side, shared): (_, Arc<str>) = (Side { name: "buy".to_owned() }, Arc::from("shared"));
    for bytes in [&b"text"[..], b"no \xff text"] {
        window("encodes::Journal::copy_lossy", || journal.copy_lossy(black_box(bytes)));
        window("encodes::Journal::copy_through_references", || journal.copy_through_references());
        window("encodes::Journal::copy_letter", || journal.copy_letter(black_box('a'), black_box(true)));
        window("encodes::Journal::copy_by_hand", || journal.copy_by_hand(black_box(&side)));
        window("encodes::Journal::shared", || journal.shared(black_box(&shared)));
    }
    for id in 0..MANY {
        window("encodes::Journal::note", || journal.note(&black_box(Id(id << 32))));
    }
}

fn hints() {
    for text in ["17", "no number"] {
        let _ = window("hints::parsed", || hints::parsed(black_box(text)));
        let _ = window("hints::parsed_with_a_cold_helper", || hints::parsed_with_a_cold_helper(black_box(text)));
    }
    for bytes in [&b"data"[..], b""] {
        let _ = window("hints::read", || hints::read(black_box(bytes)));
    }
    for price in [0, 7] {
        window("hints::logged", || hints::logged(black_box(price)));
        window("hints::logged_on_a_cold_path", || hints::logged_on_a_cold_path(black_box(price)));
        window("hints::limited", || hints::limited(black_box(price), 3).is_ok());
        window("hints::either", || hints::either(black_box(price), 3));
    }
}

fn temporaries() {
    let session = Box::new(Session { id: 0, seen: 0 });
    let mut desk = Desk { session, names: Vec::new(), label: String::new() };
    for prices in [&[3, 1, 2][..], &[5; 40]] {
        window("temporaries::Desk::median", || desk.median(black_box(prices)));
    }
    for prices in [&[Some(3), Some(1)][..], &[Some(5), None]] {
        window("temporaries::Desk::all_of", || desk.all_of(black_box(prices)));
    }
    for id in 0..MANY {
        window("temporaries::Desk::reconnect", || desk.reconnect(black_box(id)));
        window("temporaries::Desk::rename", || desk.rename(black_box("name")));
        window("temporaries::Desk::reuse", || desk.reuse(black_box("some text")));
        window("temporaries::Desk::copy", || desk.copy());
    }
}

fn behind() {
    let list = workshop::Task { cost: 1, next: Some(Box::new(workshop::Task { cost: 2, next: None })) };
    window("behind::asks_for_list", || behind::asks_for_list(black_box(&list)));
    window("behind::asks_for_slice", || behind::asks_for_slice(black_box(std::slice::from_ref(&list))));
    let prices = HashMap::from([(1, 5), (2, 7)]);
    window("behind::asks_by_name", || behind::asks_by_name(black_box(&prices), black_box(&[1, 2, 3])));
    window("behind::asks_for_one", || behind::asks_for_one(black_box(&prices), black_box(1)));
    window("behind::asks_by_number", || behind::asks_by_number(black_box(&[5, 7]), black_box(&[1, 0, 9])));
    let mut text = String::new();
    for number in [7, 1_000_000_007] {
        window("behind::labels", || behind::labels(black_box(&mut text), black_box(number)));
    }
    let (mut bytes, mut state) = ([0; 8], [0; 8]);
    window("behind::marks", || behind::marks(black_box(&mut bytes), black_box(7)));
    window("behind::runs", || behind::runs(black_box(&[0, 1, 2, 3, 9]), black_box(&mut state)));
    window("behind::runs_two", || behind::runs_two(black_box(&[0, 1]), black_box(&mut state)));
    let plans = [(); 2].map(|()| workshop::Plan { names: vec![1, 2], costs: vec![3] });
    window("behind::takes_a_copy", || behind::takes_a_copy(black_box(&plans)));
    window("behind::takes_a_look", || behind::takes_a_look(black_box(&plans)));
}
