use string_cache::DefaultAtom;

// ringfence: root
pub fn intern(symbol: &str) -> DefaultAtom {
    DefaultAtom::from(symbol)
}
