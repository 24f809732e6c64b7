use time::OffsetDateTime;

// ringfence: root
pub fn stamp() -> i64 {
    OffsetDateTime::now_local().map_or(0, OffsetDateTime::unix_timestamp)
}
