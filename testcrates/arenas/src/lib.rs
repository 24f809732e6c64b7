//! Arenas and slabs of several libraries, that grow by a chunk now and then.

pub struct Quote {
    pub id: u64,
    pub price: u64,
}

pub struct Store {
    pub typed: typed_arena::Arena<Quote>,
    pub slab: slab::Slab<Quote>,
    pub generations: generational_arena::Arena<Quote>,
}

impl Store {
    // ringfence: root
    #[inline(never)]
    pub fn keep(&self, quote: Quote) -> &mut Quote {
        self.typed.alloc(quote) //~ RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn index(&mut self, quote: Quote) -> usize {
        self.slab.insert(quote) //~ RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn handle(&mut self, quote: Quote) -> generational_arena::Index {
        self.generations.insert(quote) //~ RF102 amortized
    }

    // ringfence: root
    #[inline(never)]
    pub fn price(&self, key: usize) -> Option<u64> {
        self.slab.get(key).map(|quote| quote.price)
    }
}
