//! Trait objects: the implementation is known when running.

pub mod parameter {
    pub trait Shape {
        fn area(&self) -> u32;
    }

    pub struct Square(pub u32);

    impl Shape for Square {
        fn area(&self) -> u32 {
            hit!();
            self.0 * self.0
        }
    }

    pub struct Circle(pub u32);

    impl Shape for Circle {
        fn area(&self) -> u32 {
            hit!();
            self.0 * self.0 * 3
        }
    }

    #[inline(never)]
    pub fn shapes() -> [Box<dyn Shape>; 2] {
        [Box::new(Square(2)), Box::new(Circle(3))]
    }

    // ringfence: root
    //~ calls: <Square as Shape>::area, <Circle as Shape>::area
    #[inline(never)]
    pub fn root(shape: &dyn Shape) -> u32 {
        shape.area()
    }
}

pub mod never_an_object {
    pub trait Codec {
        fn decode(&self, byte: u8) -> u8;
    }

    pub struct Identity;

    impl Codec for Identity {
        fn decode(&self, byte: u8) -> u8 {
            hit!();
            byte
        }
    }

    pub struct Inverted;

    impl Codec for Inverted {
        #[inline(never)]
        fn decode(&self, byte: u8) -> u8 {
            hit!();
            !byte
        }
    }

    #[inline(never)]
    pub fn codec() -> &'static dyn Codec {
        &Identity
    }

    #[inline(never)]
    pub fn statically(byte: u8) -> u8 {
        Inverted.decode(byte)
    }

    // No `Inverted` is ever made an object in this crate.
    // ringfence: root
    //~ calls: <Identity as Codec>::decode
    //~ also: <Inverted as Codec>::decode
    #[inline(never)]
    pub fn root(codec: &dyn Codec, byte: u8) -> u8 {
        codec.decode(byte)
    }
}

pub mod local_object {
    pub trait Filter {
        fn keeps(&self, value: u16) -> bool;
    }

    pub struct Low;

    impl Filter for Low {
        fn keeps(&self, value: u16) -> bool {
            hit!();
            value < 9
        }
    }

    pub struct High;

    impl Filter for High {
        fn keeps(&self, value: u16) -> bool {
            hit!();
            value > 9
        }
    }

    #[inline(never)]
    pub fn high() -> Box<dyn Filter> {
        Box::new(High)
    }

    // ringfence: root
    //~ calls: <Low as Filter>::keeps
    #[inline(never)]
    pub fn root(value: u16) -> bool {
        let filter: &dyn Filter = &Low;
        filter.keeps(value)
    }
}

pub mod same_slot {
    pub trait Reader {
        fn run(&self, value: u64) -> u64;
    }

    pub trait Writer {
        fn run(&self, value: u64) -> u64;
    }

    pub struct Pipe(pub u64);

    impl Reader for Pipe {
        fn run(&self, value: u64) -> u64 {
            hit!();
            self.0 + value
        }
    }

    impl Writer for Pipe {
        fn run(&self, value: u64) -> u64 {
            hit!();
            self.0 - value
        }
    }

    #[inline(never)]
    pub fn objects() -> (Box<dyn Reader>, Box<dyn Writer>) {
        (Box::new(Pipe(1)), Box::new(Pipe(2)))
    }

    // Name, slot and signature are the same in both traits.
    // ringfence: root
    //~ calls: <Pipe as Writer>::run
    //~ also: <Pipe as Reader>::run
    #[inline(never)]
    pub fn root(writer: &dyn Writer, value: u64) -> u64 {
        writer.run(value)
    }
}

pub mod other_slot {
    pub trait Valve {
        fn open(&mut self) -> i8;
        fn shut(&mut self) -> i8;
    }

    pub struct Gate(pub i8);

    impl Valve for Gate {
        fn open(&mut self) -> i8 {
            hit!();
            self.0 = 1;
            self.0
        }

        fn shut(&mut self) -> i8 {
            hit!();
            self.0 = 0;
            self.0
        }
    }

    #[inline(never)]
    pub fn valve() -> Box<dyn Valve> {
        Box::new(Gate(0))
    }

    // ringfence: root
    //~ calls: <Gate as Valve>::shut
    #[inline(never)]
    pub fn root(valve: &mut dyn Valve) -> i8 {
        valve.shut()
    }
}

pub mod default_through_object {
    pub trait Meter {
        fn raw(&self) -> i16;

        fn scaled(&self) -> i16 {
            hit!();
            self.raw() * 10
        }
    }

    pub struct Volt(pub i16);

    impl Meter for Volt {
        fn raw(&self) -> i16 {
            hit!();
            self.0
        }
    }

    #[inline(never)]
    pub fn meter() -> Box<dyn Meter> {
        Box::new(Volt(1))
    }

    // ringfence: root
    //~ calls: <Volt as Meter>::scaled, <Volt as Meter>::raw
    #[inline(never)]
    pub fn root(meter: &dyn Meter) -> i16 {
        meter.scaled()
    }
}

pub mod supertrait_of_object {
    pub trait Named {
        fn name(&self) -> i64;
    }

    pub trait Animal: Named {
        fn legs(&self) -> i64;
    }

    pub struct Dog;

    impl Named for Dog {
        fn name(&self) -> i64 {
            hit!();
            3
        }
    }

    impl Animal for Dog {
        fn legs(&self) -> i64 {
            hit!();
            4
        }
    }

    #[inline(never)]
    pub fn dog() -> Box<dyn Animal> {
        Box::new(Dog)
    }

    // ringfence: root
    //~ calls: <Dog as Named>::name
    #[inline(never)]
    pub fn root(animal: &dyn Animal) -> i64 {
        animal.name()
    }

    // ringfence: root
    //~ calls: <Dog as Named>::name
    #[inline(never)]
    pub fn upcast(animal: &dyn Animal) -> i64 {
        hit!();
        let named: &dyn Named = animal;
        named.name()
    }
}

pub mod drop_of_object {
    pub trait Handle {}

    pub struct Socket(pub u32);

    impl Handle for Socket {}

    impl Drop for Socket {
        fn drop(&mut self) {
            hit!();
        }
    }

    pub struct Silent;

    impl Handle for Silent {}

    #[inline(never)]
    pub fn handles() -> [Box<dyn Handle>; 2] {
        [Box::new(Socket(1)), Box::new(Silent)]
    }

    // ringfence: root
    //~ calls: <Socket as Drop>::drop
    #[inline(never)]
    pub fn root(handle: Box<dyn Handle>) {
        drop(handle);
    }
}

pub mod generic_trait {
    pub trait Handler<E> {
        fn handle(&mut self, event: E) -> i32;
    }

    pub struct Tick(pub u8);
    pub struct Trade(pub u8);
    pub struct Strategy;

    impl Handler<Tick> for Strategy {
        fn handle(&mut self, event: Tick) -> i32 {
            hit!();
            i32::from(event.0)
        }
    }

    impl Handler<Trade> for Strategy {
        fn handle(&mut self, event: Trade) -> i32 {
            hit!();
            -i32::from(event.0)
        }
    }

    #[inline(never)]
    pub fn handlers() -> (Box<dyn Handler<Tick>>, Box<dyn Handler<Trade>>) {
        (Box::new(Strategy), Box::new(Strategy))
    }

    // ringfence: root
    //~ calls: <Strategy as Handler<Trade>>::handle
    //~ also: <Strategy as Handler<Tick>>::handle
    #[inline(never)]
    pub fn root(handler: &mut dyn Handler<Trade>) -> i32 {
        handler.handle(Trade(1))
    }
}

pub mod field {
    pub trait Sink {
        fn put(&mut self, value: u8, more: u16);
    }

    pub struct Count(pub u32);

    impl Sink for Count {
        fn put(&mut self, value: u8, _: u16) {
            hit!();
            self.0 += u32::from(value);
        }
    }

    pub struct Null;

    impl Sink for Null {
        fn put(&mut self, _: u8, _: u16) {
            hit!();
        }
    }

    pub struct Router {
        sinks: Vec<Box<dyn Sink>>,
    }

    impl Router {
        #[inline(never)]
        pub fn new() -> Self {
            Router { sinks: vec![Box::new(Count(0)), Box::new(Null)] }
        }

        // ringfence: root
        //~ calls: <Count as Sink>::put, <Null as Sink>::put
        #[inline(never)]
        pub fn route(&mut self, value: u8) {
            for sink in &mut self.sinks {
                sink.put(value, 2);
            }
        }
    }
}

pub mod shared_object {
    use std::sync::Arc;

    pub trait Feed {
        fn poll(&self, depth: u64, at: u32) -> u64;
    }

    pub struct Live(pub u64);

    impl Feed for Live {
        fn poll(&self, depth: u64, at: u32) -> u64 {
            hit!();
            self.0 + depth + u64::from(at)
        }
    }

    #[inline(never)]
    pub fn feed() -> Arc<dyn Feed> {
        Arc::new(Live(1))
    }

    // ringfence: root
    //~ calls: <Live as Feed>::poll
    #[inline(never)]
    pub fn root(feed: &Arc<dyn Feed>) -> u64 {
        feed.poll(3, 4)
    }
}

pub mod iterator_object {
    pub struct Three(u8);

    impl Iterator for Three {
        type Item = [u8; 24];
        fn next(&mut self) -> Option<[u8; 24]> {
            hit!();
            self.0 = self.0.checked_sub(1)?;
            Some([self.0; 24])
        }
    }

    #[inline(never)]
    pub fn three() -> Box<dyn Iterator<Item = [u8; 24]>> {
        Box::new(Three(3))
    }

    // The trait is std's, the implementation this crate's.
    // ringfence: root
    //~ calls: <Three as Iterator>::next
    #[inline(never)]
    pub fn root(items: &mut dyn Iterator<Item = [u8; 24]>) -> u32 {
        let mut sum = 0;
        for item in items {
            sum += u32::from(item[3]);
        }
        sum
    }
}

pub mod writer_object {
    use std::io::{self, Write};

    pub struct Tape {
        pub length: usize,
    }

    impl Write for Tape {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            hit!();
            self.length += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            hit!();
            Ok(())
        }
    }

    #[inline(never)]
    pub fn tape() -> Box<dyn Write> {
        Box::new(Tape { length: 0 })
    }

    // `write_all` is std's default method, called through the object, and calls `write`.
    // ringfence: root
    //~ calls: <Tape as Write>::write
    //~ also: <implicit::error_object::Rejected as Drop>::drop
    #[inline(never)]
    pub fn root(writer: &mut dyn Write) -> io::Result<()> {
        writer.write_all(b"trade")
    }
}

pub mod optional_object {
    pub trait Risk {
        fn allows(&mut self, size: i128) -> bool;
    }

    pub struct Limit(pub i128);

    impl Risk for Limit {
        fn allows(&mut self, size: i128) -> bool {
            hit!();
            size < self.0
        }
    }

    pub struct Desk {
        risk: Option<Box<dyn Risk>>,
    }

    #[inline(never)]
    pub fn desk() -> Desk {
        Desk { risk: Some(Box::new(Limit(4))) }
    }

    // ringfence: root
    //~ calls: root::{closure#0}, <Limit as Risk>::allows
    #[inline(never)]
    pub fn root(desk: &mut Desk, size: i128) -> bool {
        desk.risk.as_mut().is_none_or(|risk| {
            hit!();
            risk.allows(size)
        })
    }
}

pub mod generic_over_objects {
    pub trait Unit {
        fn weight(&self, by: f32) -> f32;
    }

    pub struct Gram;

    impl Unit for Gram {
        fn weight(&self, by: f32) -> f32 {
            hit!();
            by
        }
    }

    pub struct Pound;

    impl Unit for Pound {
        fn weight(&self, by: f32) -> f32 {
            hit!();
            by * 453.6
        }
    }

    #[inline(never)]
    pub fn units() -> [Box<dyn Unit>; 2] {
        [Box::new(Gram), Box::new(Pound)]
    }

    #[inline(never)]
    fn weigh<U: Unit + ?Sized>(unit: &U) -> f32 {
        hit!();
        unit.weight(2.0)
    }

    // ringfence: root
    //~ calls: weigh<dyn Unit>, <Gram as Unit>::weight, <Pound as Unit>::weight
    #[inline(never)]
    pub fn root(unit: &dyn Unit) -> f32 {
        weigh(unit)
    }

    // ringfence: root
    //~ calls: weigh<Gram>, <Gram as Unit>::weight
    #[inline(never)]
    pub fn statically(gram: &Gram) -> f32 {
        weigh(gram)
    }
}

pub mod folded_glue {
    pub trait First {}

    pub trait Second {}

    pub struct One(pub u64);

    impl First for One {}

    impl Drop for One {
        fn drop(&mut self) {
            hit!();
        }
    }

    pub struct Two(pub u64);

    impl Second for Two {}

    impl Drop for Two {
        fn drop(&mut self) {
            hit!();
        }
    }

    #[inline(never)]
    pub fn objects() -> (Box<dyn First>, Box<dyn Second>) {
        (Box::new(One(1)), Box::new(Two(2)))
    }

    // What the last owner runs is the same code for both, and LLVM keeps one of them under both names.
    // ringfence: root
    //~ calls: <One as Drop>::drop
    //~ also at 3: <Two as Drop>::drop
    #[inline(never)]
    pub fn root(objects: std::rc::Rc<Vec<Box<dyn First>>>) {
        hit!();
        drop(objects);
    }

    // ringfence: root
    //~ calls: <Two as Drop>::drop
    //~ also at 3: <One as Drop>::drop
    #[inline(never)]
    pub fn second(objects: std::rc::Rc<Vec<Box<dyn Second>>>) {
        hit!();
        drop(objects);
    }
}
