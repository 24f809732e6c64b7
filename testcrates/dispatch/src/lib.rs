//! Virtual calls, closures and function pointers, beside static and enum dispatch.

pub trait Stage {
    fn apply(&mut self, value: u64) -> u64;
}

pub struct Double;

impl Stage for Double {
    fn apply(&mut self, value: u64) -> u64 {
        value * 2
    }
}

pub struct Log {
    pub values: Vec<u64>,
}

impl Stage for Log {
    fn apply(&mut self, value: u64) -> u64 {
        self.values.push(value); //~ RF102 amortized; RF102 amortized
        value
    }
}

pub enum Either {
    Double(Double),
    Constant(u64),
}

pub struct Pipeline {
    pub stages: Vec<Box<dyn Stage>>,
    pub hook: fn(u64) -> u64,
    pub filter: Box<dyn Fn(u64) -> bool>,
}

pub fn pipeline(hook: fn(u64) -> u64, limit: u64) -> Pipeline {
    Pipeline {
        stages: vec![Box::new(Double), Box::new(Log { values: Vec::new() })],
        hook,
        filter: Box::new(move |value| value < limit),
    }
}

impl Pipeline {
    // ringfence: root
    pub fn run(&mut self, mut value: u64) -> u64 {
        for stage in &mut self.stages {
            value = stage.apply(value); //~ RF401 hot conditional
        }
        value
    }

    // ringfence: root
    pub fn call_hook(&self, value: u64) -> u64 {
        (self.hook)(value) //~ RF402 hot always; RF902 hot always
    }

    // ringfence: root
    pub fn passes(&self, value: u64) -> bool {
        (self.filter)(value) //~ RF401 hot always
    }
}

// ringfence: root
pub fn choose(up: bool, value: u64) -> u64 {
    let step = if up { increase as fn(u64) -> u64 } else { decrease };
    step(value) //~ RF402 hot always
}

#[inline(never)]
fn increase(value: u64) -> u64 {
    value.wrapping_add(17)
}

#[inline(never)]
fn decrease(value: u64) -> u64 {
    value.wrapping_sub(17)
}

// ringfence: root
#[inline(never)]
pub fn by_enum(either: &mut Either, value: u64) -> u64 {
    match either {
        Either::Double(stage) => stage.apply(value),
        Either::Constant(constant) => *constant,
    }
}

// ringfence: root
#[inline(never)]
pub fn by_type(value: u64) -> u64 {
    apply_statically(&mut Double, value)
}

fn apply_statically(stage: &mut impl Stage, value: u64) -> u64 {
    stage.apply(value)
}

/// Whoever makes one decides what it does; nothing in this crate makes one.
pub struct Rule {
    pub is_broken: Box<dyn Fn(&u64, &u64) -> bool>,
}

// ringfence: root
pub fn check(rule: &Rule, bid: &u64, ask: &u64) -> bool {
    (rule.is_broken)(bid, ask) //~ RF401 hot always; RF902 hot always
}

/// Its methods stand at the slots, and have the signatures, of closures that take two references.
pub struct Lines(pub Vec<String>);

impl std::fmt::Write for Lines {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.push(text.to_string());
        Ok(())
    }
}

pub fn written(lines: &mut Lines, value: u64) -> std::fmt::Result {
    let to: &mut dyn std::fmt::Write = std::hint::black_box(lines);
    to.write_fmt(format_args!("{value}"))
}

// ringfence: root
pub fn by_path(stage: &mut dyn Stage, value: u64) -> u64 {
    Stage::apply(stage, value) //~ RF401 hot always
}
