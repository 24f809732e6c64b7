//! What std allocates on the way to the kernel and to other threads.

use std::cell::RefCell;
use std::fs;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

// ringfence: root
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

// ringfence: root
pub fn read_file(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

// ringfence: root
pub fn size_of_file(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

// ringfence: root
pub fn listed(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| entries.flatten().filter(|entry| entry.path().is_file()).count())
}

// ringfence: root
pub fn current_folder(_: ()) -> bool {
    std::env::current_dir().is_ok()
}

// ringfence: root
pub fn line(reader: &mut BufReader<Cursor<&'static [u8]>>) -> usize {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap_or(0)
}

// ringfence: root
pub fn lines(text: &'static [u8]) -> usize {
    BufReader::new(text).lines().map_while(Result::ok).map(|line| line.len()).sum()
}

// ringfence: root
pub fn everything(reader: &mut Cursor<&'static [u8]>) -> usize {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap_or(0)
}

// ringfence: root
pub fn written(buffer: &mut Vec<u8>) -> io::Result<()> {
    writeln!(buffer, "{:05} {}", 42, "text")
}

// ringfence: root
pub fn written_in_place(buffer: &mut [u8; 64]) -> bool {
    writeln!(&mut buffer[..], "{:05} {}", 42, "text").is_ok()
}

// ringfence: root
pub fn overflowing(buffer: &mut [u8; 4]) -> bool {
    writeln!(&mut buffer[..], "{:05} {}", 42, "text").is_ok()
}

// ringfence: root
pub fn custom_error(code: u64) -> io::Result<u64> {
    if code == 0 { Err(io::Error::other("code is zero")) } else { Ok(code) }
}

// ringfence: root
pub fn ignored_error(code: u64) -> bool {
    custom_error(code).is_ok()
}

// ringfence: root
pub fn started(value: u64) -> JoinHandle<u64> {
    thread::spawn(move || value * 2)
}

// ringfence: root
pub fn scoped(values: &[u64]) -> u64 {
    thread::scope(|scope| scope.spawn(|| values.iter().sum::<u64>()).join().unwrap_or(0))
}

// ringfence: root
pub fn sent(sender: &Sender<String>) -> bool {
    sender.send("message".to_owned()).is_ok()
}

// ringfence: root
pub fn sent_bounded(sender: &SyncSender<u64>) -> bool {
    sender.try_send(3).is_ok()
}

// ringfence: root
pub fn received(receiver: &Receiver<String>) -> usize {
    receiver.try_recv().map_or(0, |text| text.len())
}

// ringfence: root
pub fn waited(receiver: &Receiver<String>) -> bool {
    receiver.recv_timeout(Duration::from_millis(1)).is_ok()
}

// ringfence: root
pub fn hung_up(sender: Sender<String>) {
    drop(sender);
}

// ringfence: root
pub fn hung_up_on(receiver: Receiver<String>) {
    drop(receiver);
}

// ringfence: root
pub fn opened(_: ()) -> (SyncSender<u64>, Receiver<u64>) {
    std::sync::mpsc::sync_channel(4)
}

// ringfence: root
pub fn made(_: ()) -> Arc<(Mutex<u64>, Condvar, RwLock<u64>, Barrier)> {
    Arc::new((Mutex::new(1), Condvar::new(), RwLock::new(2), Barrier::new(1)))
}

// ringfence: root
pub fn current(_: ()) -> bool {
    thread::current().name().is_some()
}

// ringfence: root
pub fn clock(_: ()) -> bool {
    Instant::now().elapsed() < Duration::from_secs(60) && SystemTime::now() > SystemTime::UNIX_EPOCH
}

thread_local! {
    static NAMES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

// ringfence: root
pub fn in_thread_local(name: &str) -> usize {
    NAMES.with_borrow_mut(|names| {
        names.push(name.to_owned());
        names.len()
    })
}

// ringfence: root
pub fn logged(text: &str) {
    eprintln!("{text}");
}

// ringfence: root
pub fn process(_: ()) -> u32 {
    std::process::id()
}
