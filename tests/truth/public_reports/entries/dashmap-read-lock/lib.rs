use dashmap::DashMap;

// ringfence: root
pub fn position(book: &DashMap<u64, i64>, account: u64) -> i64 {
    book.get(&account).map_or(0, |found| *found)
}
