//! The crate `spellings`: each of its roots takes one argument.

use runs::window;
use spellings::objects::{Chain, Polygon, Shape, Square, Tree};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BinaryHeap, HashMap, LinkedList, VecDeque};
use std::hint::black_box;
use std::io::{BufReader, Cursor};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::Arc;

/// Calls `spellings::MODULE::FUNCTION` once for each argument.
#[collapse_debuginfo(yes)]
macro_rules! each {
    ($module:ident::$function:ident: $($argument:expr),+ $(,)?) => {$(
        let argument = $argument;
        let _ = window(concat!("spellings::", stringify!($module), "::", stringify!($function)), || {
            spellings::$module::$function(black_box(argument))
        });
    )+};
}

pub fn run() {
    text();
    owned_text();
    maps();
    vectors();
    iterators();
    objects();
    futures_and_shapes();
    files();
    threads();
}

fn string(text: &str) -> String {
    text.to_owned()
}

/// With room for more.
fn roomy(text: &str) -> String {
    let mut roomy = String::with_capacity(64);
    roomy.push_str(text);
    roomy
}

fn text() {
    each!(text::upper: "", "straße");
    each!(text::ascii_lower: "", "TEXT");
    each!(text::replaced: "", "banana");
    each!(text::repeated: "", "ab");
    each!(text::reversed: "", "text that is long enough to grow its container");
    each!(text::words: "", "one two three four five six");
    each!(text::joined: &[], &["one"], &["one", "two"]);
    each!(text::number: 0.5, f64::MAX, f64::NAN);
    each!(text::decimal: 0, u64::MAX);
    each!(text::flag: true, false);
    each!(text::debugged: &[], &[Some(3), None]);
    each!(text::padded: 3, u64::MAX);
    each!(text::literal: ());
    each!(text::displayed: spellings::text::Price(3), spellings::text::Price(12345678901));
    each!(text::lossy: b"text", b"te\xffxt");
    each!(text::owned: Cow::Borrowed("text"), Cow::Borrowed(""), Cow::Owned(string("text")));
    each!(text::checked: b"text".to_vec(), b"te\xffxt".to_vec(), Vec::new());
    each!(text::boxed: roomy("text"), roomy(""), string("text"));
    each!(text::shared: "", "text");
    each!(text::counted: String::new(), string("text"));
    each!(text::for_c: "", "text", "te\0xt");
    each!(text::for_the_system: "", "text");
    each!(text::path: Path::new(""), Path::new("/tmp"));
    each!(text::renamed: Path::new("file.txt"), Path::new("/"), Path::new("file"));
    each!(text::parts: Path::new("/a/b/../c"));
    each!(text::parsed: "17", "text", "");
    each!(text::trimmed: " one, an, other ");
}

fn owned_text() {
    for text in [String::new, || string("some text"), || roomy("text with room")] {
        each!(text::appended: &mut text());
        each!(text::written: &mut text());
        each!(text::extended: &mut text());
        each!(text::drained: &mut text());
        each!(text::split_off: &mut text());
        each!(text::kept: text());
        each!(text::assigned: &mut text());
        each!(text::cloned_into: &mut text());
        each!(text::into_bytes: text());
        each!(text::leaked: text());
    }
    each!(text::sorted: &mut [], &mut [string("b"), string("a")]);
    let mut many: Vec<String> = (0..200_u64).map(|value| (value * 37 % 200).to_string()).collect();
    each!(text::sorted: &mut many);
}

fn texts(count: u64) -> HashMap<u64, String> {
    (0..count).map(|key| (key, key.to_string())).collect()
}

fn tree(count: u64) -> BTreeMap<u64, String> {
    (0..count).map(|key| (key, key.to_string())).collect()
}

fn numbers(count: u64) -> BTreeMap<u64, u64> {
    (0..count).map(|key| (key, key)).collect()
}

fn maps() {
    let mut map = HashMap::new();
    each!(collections::entry: &mut map, &mut map);
    each!(collections::counted: &[], &["one", "two", "one", "three", "four", "five"]);
    each!(collections::distinct: &[], &[1, 2, 3, 1]);
    each!(collections::ordered: &[], &[3, 1, 2], &[5; 40]);
    let many: Vec<u64> = (0..100).collect();
    each!(collections::ordered: &many);
    for count in [0, 1, 5, 100] {
        each!(collections::removed: &mut texts(count));
        each!(collections::retained: &mut texts(count));
        each!(collections::cleared: &mut texts(count));
        each!(collections::drained: &mut texts(count));
        each!(collections::copied: &texts(count));
        each!(collections::tree_removed: &mut tree(count));
        each!(collections::tree_merged: (numbers(count), BTreeMap::from([(7, 7), (200, 3)])), (numbers(3), numbers(count)));
        each!(collections::tree_copied: &tree(count));
        each!(collections::tree_dropped: tree(count));
        each!(collections::tree_split: &mut numbers(count));
        each!(collections::tree_range: &numbers(count));
    }
    let mut emptied = tree(100);
    for _ in 0..100 {
        each!(collections::tree_removed: &mut emptied);
    }
    let mut list = LinkedList::new();
    for _ in 0..5 {
        each!(collections::linked: &mut list);
    }
}

fn vectors() {
    let mut heap = BinaryHeap::new();
    let mut queue = VecDeque::new();
    for _ in 0..100 {
        each!(collections::heap_pushed: &mut heap);
        each!(collections::queued: &mut queue);
    }
    each!(collections::heap_sorted: &[], &[3, 1, 2]);
    each!(collections::straightened: VecDeque::new(), queue.clone(), queue);
    for values in [Vec::new, || vec![1], || Vec::from_iter(0..9), || Vec::with_capacity(99)] {
        each!(collections::inserted: &mut values());
        each!(collections::extended: &mut values());
        each!(collections::resized: &mut values());
        each!(collections::appended: (&mut values(), &mut vec![1, 2]), (&mut vec![1, 2], &mut values()));
        each!(collections::doubled: &mut values());
        each!(collections::boxed: values());
        each!(collections::fixed: values(), vec![1, 2, 3, 4]);
        each!(collections::reserved: &mut values());
        each!(collections::tried: &mut values());
    }
    each!(collections::spliced: &mut vec![1], &mut vec![1, 2, 3], &mut vec![1; 20]);
    let three = || vec![string("a"), string("a"), string("b")];
    each!(collections::truncated: &mut three(), &mut Vec::new());
    each!(collections::deduplicated: &mut three(), &mut Vec::new());
    each!(collections::swapped_out: &mut three());
    each!(collections::nested: &[], &[three(), Vec::new()]);
    each!(collections::concatenated: &[], &[vec![1], vec![2]]);
    for count in [0, 5, 30, 10_000] {
        let mut pairs: Vec<(u64, u64)> = (0..count).map(|value| (value * 37 % 101, value)).collect();
        let mut values: Vec<u64> = (0..count).map(|value| value * 37 % 101).collect();
        each!(collections::stable: &mut pairs);
        each!(collections::cached: &mut values);
    }
    each!(collections::rotated: &mut [1, 2, 3, 4, 5]);
}

fn iterators() {
    let many: Vec<u64> = (0..40).collect();
    each!(iterators::filtered: &[], &many);
    each!(iterators::in_place: Vec::new(), many.clone());
    each!(iterators::narrowed: Vec::new(), many.clone(), vec![1, 2, 3]);
    each!(iterators::split: &[], &many);
    each!(iterators::unzipped: &[], &[(1, string("one")), (2, string("two"))]);
    each!(iterators::fallible: &[], &["1", "2"], &["1", "two"], &["1", "2", "3", "4", "5", "six"]);
    each!(iterators::flattened: &[], &[vec![1], vec![2, 3]]);
    each!(iterators::grouped: &[], &many);
    each!(iterators::indexed: &[], &many);
    each!(iterators::erased: true, false);
    each!(iterators::shared: &[], &many);
    each!(iterators::text: &[], &['a', '1', 'b', 'ß', 'c', 'd', 'e', 'f', 'g', 'h']);
    each!(iterators::largest: &[], &[string("a"), string("b")]);
    each!(iterators::folded: &[], &many);
    each!(iterators::peeked: "", "a123456789012b+c");
    each!(iterators::windows: &many);
    each!(iterators::zipped: &many);
}

fn objects() {
    each!(objects::planted: 0, 3);
    each!(objects::felled: Tree::Leaf, spellings::objects::planted(3));
    each!(objects::summed: &spellings::objects::planted(3));
    let last = Rc::new(Chain { value: 1, next: None });
    let kept = Rc::clone(&last);
    each!(objects::unlinked: last, Rc::new(Chain { value: 2, next: Some(Rc::new(Chain { value: 3, next: Some(kept) })) }));
    let mut alone = Arc::new(vec![1]);
    let mut shared = Arc::new(vec![1]);
    let _other = Arc::clone(&shared);
    let mut weak = Arc::new(vec![1]);
    let _weak = Arc::downgrade(&weak);
    each!(objects::copied_on_write: &mut alone, &mut shared, &mut weak);
    let held = Rc::new(string("held"));
    each!(objects::unwrapped: Rc::new(string("alone")), Rc::clone(&held), held);
    let counted = Rc::new(3);
    each!(objects::downgraded: &counted);
    each!(objects::forgotten: Rc::downgrade(&counted), Rc::downgrade(&Rc::new(4)));
    each!(objects::cyclic: 3);
    let cell = OnceCell::new();
    each!(objects::remembered: &cell, &cell);
    let log = RefCell::default();
    each!(objects::noted: &log, &log);
    each!(objects::adder: 3);
    each!(objects::called_once: spellings::objects::task(string("prefix")), spellings::objects::task(String::new()));
    each!(objects::downcast: Box::new(3_u64), Box::new("text"), Box::new(string("text")));
    each!(objects::converted: "3", "1000", "77", "text");
    each!(objects::swallowed: "3", "1000", "77", "text");
    each!(objects::explained: "3", "1000", "77", "text");
    for _ in 0..64 {
        each!(objects::explained: "1000");
    }
    let mut slot = None;
    each!(objects::replaced: &mut slot, &mut slot);
    each!(objects::taken: &mut slot, &mut slot);
    each!(objects::inserted: &mut None, &mut Some(string("text")));
    each!(objects::modified: &mut Cow::Borrowed("text"), &mut Cow::Owned(string("text")), &mut Cow::Borrowed(""));
    // What happens on a panic's way is not counted: 5 would panic.
    each!(objects::caught: 1);
    let log = RefCell::default();
    each!(objects::guarded: &log, &log);
}

fn futures_and_shapes() {
    each!(objects::spawned: 3);
    let mut future = spellings::objects::spawned(3);
    each!(objects::polled: &mut future);
    each!(objects::dropped: future, spellings::objects::spawned(3));
    let shapes: [Box<dyn Shape>; 2] = [Box::new(Square(2.0)), Box::new(Polygon(vec![(1.0, 2.0)]))];
    for shape in &shapes {
        each!(objects::named: &**shape);
        each!(objects::measured: &**shape);
    }
    each!(objects::all_copied: &[], &shapes);
    each!(objects::all_dropped: Vec::new(), shapes.into_iter().collect());
}

fn files() {
    let own = Path::new("/proc/self/status");
    each!(system::variable: "PATH", "NO_SUCH_VARIABLE");
    each!(system::read_file: own, Path::new("/no/such/file"));
    let long = "long/".repeat(200);
    each!(system::read_file: Path::new(&long));
    each!(system::size_of_file: own, Path::new("/no/such/file"), Path::new(&long));
    each!(system::listed: Path::new("/proc/self"), Path::new("/no/such/folder"));
    each!(system::current_folder: ());
    let mut reader = BufReader::new(Cursor::new(&b"one\ntwo"[..]));
    each!(system::line: &mut reader, &mut reader, &mut reader);
    each!(system::lines: b"", b"one\ntwo\nthree", b"\xff\n");
    each!(system::everything: &mut Cursor::new(&b""[..]), &mut Cursor::new(&[3; 100][..]));
    let mut buffer = Vec::new();
    each!(system::written: &mut buffer, &mut buffer);
    each!(system::written_in_place: &mut [0; 64]);
    each!(system::overflowing: &mut [0; 4]);
    each!(system::custom_error: 0, 1);
    each!(system::ignored_error: 0, 1);
    each!(system::clock: ());
    each!(system::process: ());
    each!(system::in_thread_local: "", "name", "other", "another", "one", "more");
    each!(system::logged: "");
}

fn threads() {
    each!(system::current: ());
    each!(system::made: ());
    each!(system::opened: ());
    each!(system::started: 3);
    each!(system::scoped: &[1, 2]);
    let (sender, receiver) = channel();
    for _ in 0..100 {
        each!(system::sent: &sender);
        each!(system::received: &receiver);
    }
    each!(system::received: &receiver);
    each!(system::waited: &receiver);
    each!(system::sent: &sender);
    each!(system::waited: &receiver);
    each!(system::sent: &sender);
    let other = sender.clone();
    each!(system::hung_up: other);
    each!(system::hung_up_on: receiver);
    each!(system::sent: &sender);
    each!(system::hung_up: sender);
    for room in [0, 1] {
        let (sender, receiver) = sync_channel(room);
        each!(system::sent_bounded: &sender, &sender);
        drop(receiver);
        each!(system::sent_bounded: &sender);
    }
}
