//! The facade: traits, implementations that do nothing, and the handles that applications call.

use std::sync::Arc;

pub trait Record: Send + Sync {
    fn record(&self, value: u64);
}

struct Nothing;

impl Record for Nothing {
    fn record(&self, _value: u64) {}
}

pub struct Gauge(Arc<dyn Record>);

impl Gauge {
    pub fn nowhere() -> Gauge {
        Gauge(Arc::new(Nothing))
    }

    pub fn into(record: Arc<dyn Record>) -> Gauge {
        Gauge(record)
    }

    pub fn set(&self, value: u64) {
        self.0.record(value);
    }
}

pub trait Tick: Send + Sync {
    fn tick(&self) -> u64;
}

struct Stopped;

impl Tick for Stopped {
    fn tick(&self) -> u64 {
        0
    }
}

pub struct Ticks(Arc<dyn Tick>);

impl Ticks {
    pub fn stopped() -> Ticks {
        Ticks(Arc::new(Stopped))
    }

    pub fn of(tick: Arc<dyn Tick>) -> Ticks {
        Ticks(tick)
    }

    pub fn next(&self) -> u64 {
        self.0.tick()
    }
}
