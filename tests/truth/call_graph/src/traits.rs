//! Trait methods whose implementation is known when compiling.

pub mod implementation {
    trait Shape {
        fn area(&self) -> u32;
    }

    pub struct Square(pub u32);

    impl Shape for Square {
        #[inline(never)]
        fn area(&self) -> u32 {
            hit!();
            self.0 * self.0
        }
    }

    pub struct Line(pub u32);

    impl Shape for Line {
        #[inline(never)]
        fn area(&self) -> u32 {
            hit!();
            0
        }
    }

    // ringfence: root
    //~ calls: <Square as Shape>::area
    #[inline(never)]
    pub fn root(square: &Square) -> u32 {
        square.area()
    }

    // ringfence: root
    //~ calls: <Line as Shape>::area
    #[inline(never)]
    pub fn of_line(line: &Line) -> u32 {
        Shape::area(line)
    }
}

pub mod default_method {
    pub trait Gauge {
        fn read(&self) -> u32;

        #[inline(never)]
        fn doubled(&self) -> u32 {
            hit!();
            self.read() * 2
        }
    }

    pub struct Plain(pub u32);

    impl Gauge for Plain {
        fn read(&self) -> u32 {
            hit!();
            self.0
        }
    }

    pub struct Own(pub u32);

    impl Gauge for Own {
        fn read(&self) -> u32 {
            hit!();
            self.0
        }

        #[inline(never)]
        fn doubled(&self) -> u32 {
            hit!();
            self.0 << 1
        }
    }

    // ringfence: root
    //~ calls: <Plain as Gauge>::doubled, <Plain as Gauge>::read
    #[inline(never)]
    pub fn root(gauge: &Plain) -> u32 {
        gauge.doubled()
    }

    // ringfence: root
    //~ calls: <Own as Gauge>::doubled
    #[inline(never)]
    pub fn overridden(gauge: &Own) -> u32 {
        gauge.doubled()
    }
}

pub mod same_name {
    pub struct Both;

    pub trait Reader {
        fn run(&self);
    }

    pub trait Writer {
        fn run(&self);
    }

    impl Both {
        fn run(&self) {
            hit!();
        }
    }

    impl Reader for Both {
        fn run(&self) {
            hit!();
        }
    }

    impl Writer for Both {
        fn run(&self) {
            hit!();
        }
    }

    // ringfence: root
    //~ calls: Both::run
    #[inline(never)]
    pub fn root(both: &Both) {
        both.run();
    }

    // ringfence: root
    //~ calls: <Both as Writer>::run
    #[inline(never)]
    pub fn qualified(both: &Both) {
        Writer::run(both);
    }

    // ringfence: root
    //~ calls: <Both as Reader>::run
    #[inline(never)]
    pub fn fully_qualified(both: &Both) {
        <Both as Reader>::run(both);
    }
}

pub mod blanket {
    pub trait Named {
        fn name(&self) -> u32;
    }

    pub trait Greeting {
        fn greet(&self) -> u32;
    }

    impl<T: Named> Greeting for T {
        #[inline(never)]
        fn greet(&self) -> u32 {
            hit!();
            self.name()
        }
    }

    pub struct Person;

    impl Named for Person {
        fn name(&self) -> u32 {
            hit!();
            4
        }
    }

    // ringfence: root
    //~ calls: <Person as Greeting>::greet, <Person as Named>::name
    #[inline(never)]
    pub fn root(person: &Person) -> u32 {
        person.greet()
    }
}

pub mod supertrait {
    pub trait Base {
        fn base(&self) -> u32;
    }

    pub trait Derived: Base {
        fn derived(&self) -> u32 {
            hit!();
            self.base() + 1
        }
    }

    pub struct Thing;

    impl Base for Thing {
        fn base(&self) -> u32 {
            hit!();
            2
        }
    }

    impl Derived for Thing {}

    // ringfence: root
    //~ calls: <Thing as Derived>::derived, <Thing as Base>::base
    #[inline(never)]
    pub fn root(thing: &Thing) -> u32 {
        thing.derived()
    }
}

pub mod associated_function {
    pub trait Make {
        fn make() -> Self;
    }

    impl Make for u16 {
        fn make() -> u16 {
            hit!();
            1
        }
    }

    impl Make for u64 {
        fn make() -> u64 {
            hit!();
            2
        }
    }

    // ringfence: root
    //~ calls: <u64 as Make>::make
    #[inline(never)]
    pub fn root() -> u64 {
        Make::make()
    }

    // ringfence: root
    //~ calls: <u16 as Make>::make
    #[inline(never)]
    pub fn small() -> u16 {
        u16::make()
    }
}
