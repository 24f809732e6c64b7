//! The Ring 0 of laminar-core 0.33.0, with an event type of a plausible size.
//!
//! A generic function exists only where it is instantiated, and a small one is inlined into its only caller. A static
//! that holds the function's address does both: it instantiates, and it keeps the function whole. Nothing here runs.

use std::sync::Arc;

use arrow_array::{Float64Array, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use crossfire::TryRecvError;
use laminar_core::operator::window::{TumblingWindowAssigner, WindowAssigner, WindowId, WindowIdVec};
use laminar_core::streaming::{AsyncConsumer, Producer, Record, Source, StreamingError};
use laminar_core::time::{BoundedOutOfOrdernessGenerator, Watermark, WatermarkGenerator};

/// What travels through the channels.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    pub timestamp: i64,
    pub price: f64,
}

impl Record for Tick {
    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("timestamp", DataType::Int64, false),
            Field::new("price", DataType::Float64, false),
        ]))
    }

    fn to_record_batch(&self) -> RecordBatch {
        let timestamps = Arc::new(Int64Array::from(vec![self.timestamp]));
        let prices = Arc::new(Float64Array::from(vec![self.price]));
        RecordBatch::try_new(Self::schema(), vec![timestamps, prices]).expect("the columns fit the schema")
    }
}

/// Functions whose addresses are taken.
pub struct Kept {
    pub push: fn(&Source<Tick>, Tick) -> Result<(), StreamingError>,
    pub push_arrow: fn(&Source<Tick>, RecordBatch) -> Result<(), StreamingError>,
    pub source_watermark: fn(&Source<Tick>, i64),
    pub producer_push: fn(&Producer<Tick>, Tick) -> Result<(), Tick>,
    pub try_recv: fn(&AsyncConsumer<Tick>) -> Result<Tick, TryRecvError>,
    pub assign: fn(&TumblingWindowAssigner, i64) -> WindowId,
    pub assign_windows: fn(&TumblingWindowAssigner, i64) -> WindowIdVec,
    pub on_event: fn(&mut BoundedOutOfOrdernessGenerator, i64) -> Option<Watermark>,
}

pub static KEPT: Kept = Kept {
    push: Source::push,
    push_arrow: Source::push_arrow,
    source_watermark: Source::watermark,
    producer_push: Producer::push,
    try_recv: AsyncConsumer::try_recv,
    assign: TumblingWindowAssigner::assign,
    assign_windows: <TumblingWindowAssigner as WindowAssigner>::assign_windows,
    on_event: <BoundedOutOfOrdernessGenerator as WatermarkGenerator>::on_event,
};
