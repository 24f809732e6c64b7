//! What is done while a lock is held, and two locks that are taken in both orders.

use std::sync::Mutex;

pub struct Book {
    pub orders: Vec<u64>,
    pub best: u64,
}

pub struct Ledger {
    pub total: u64,
}

pub struct Rates {
    pub rate: u64,
}

pub trait Listener: Send {
    fn on_total(&mut self, total: u64);
}

pub struct Printer;

impl Listener for Printer {
    fn on_total(&mut self, total: u64) {
        std::hint::black_box(total);
    }
}

pub struct Desk {
    pub book: Mutex<Book>,
    pub ledger: Mutex<Ledger>,
    pub rates: parking_lot::Mutex<Rates>,
    pub listener: Mutex<Box<dyn Listener>>,
}

pub fn listeners() -> Vec<Box<dyn Listener>> {
    vec![Box::new(Printer)]
}

impl Desk {
    // ringfence: root
    pub fn settle(&self) {
        let book = self.book.lock().unwrap(); //~ RF201 hot; RF202 cold
        self.ledger.lock().unwrap().total += book.best; //~ RF201 hot; RF201 hot; RF202 cold; RF202 cold
    } //~ RF202 cold

    // ringfence: root
    pub fn correct(&self) {
        let ledger = self.ledger.lock().unwrap(); //~ RF201 hot; RF202 cold
        self.book.lock().unwrap().best = ledger.total; //~ RF201 hot; RF201 hot; RF202 cold; RF202 cold
    } //~ RF202 cold

    /// The second lock is taken in another function.
    // ringfence: root
    pub fn settle_elsewhere(&self) {
        let book = self.book.lock().unwrap(); //~ RF201 hot; RF202 cold
        self.add(book.best); //~ RF201 hot
    } //~ RF202 cold

    #[inline(never)]
    fn add(&self, amount: u64) {
        self.ledger.lock().unwrap().total += amount; //~ RF201 hot; RF202 cold; RF202 cold
    }

    /// Two locks, but nobody takes them the other way round.
    // ringfence: root
    pub fn reprice(&self) {
        let rates = self.rates.lock(); //~ RF101 cold; RF102 cold; RF103 cold; RF201 hot; RF202 cold; RF202 cold
        self.book.lock().unwrap().best = rates.rate; //~ RF201 hot; RF202 cold; RF202 cold
    } //~ RF101 cold; RF102 cold; RF103 cold; RF202 cold; RF202 cold

    /// The other way round than in `reprice`, but it does not wait for the second lock.
    // ringfence: root
    pub fn try_reprice(&self) -> u64 {
        let book = self.book.lock().unwrap(); //~ RF201 hot; RF202 cold
        self.rates.try_lock().map_or(0, |rates| rates.rate + book.best) //~ RF101 cold; RF102 cold; RF103 cold; RF201 hot; RF202 cold
        //~^ RF202 cold
    } //~ RF202 cold

    /// The first lock is given back before the second is taken.
    // ringfence: root
    pub fn one_after_the_other(&self) -> u64 {
        let best = self.book.lock().unwrap().best; //~ RF201 hot; RF202 cold; RF202 cold
        let rate = self.rates.lock().rate; //~ RF101 cold; RF101 cold; RF102 cold; RF102 cold; RF103 cold; RF103 cold; RF201 hot; RF202 cold; RF202 cold
        //~^ RF202 cold; RF202 cold
        best * rate
    }

    // ringfence: root
    pub fn copy_of_orders(&self) -> Vec<u64> {
        let book = self.book.lock().unwrap(); //~ RF201 hot; RF202 cold
        book.orders.to_vec() //~ RF101 hot
    } //~ RF202 cold

    // ringfence: root
    pub fn copy_behind(&self) -> Vec<u64> {
        let best = self.book.lock().unwrap().best; //~ RF201 hot; RF202 cold; RF202 cold
        vec![best; 4] //~ RF101 hot
    }

    // ringfence: root
    pub fn tell(&self, total: u64) {
        self.listener.lock().unwrap().on_total(total); //~ RF201 hot; RF202 cold; RF202 cold; RF401 hot
    }
}
