use uuid::Uuid;

// ringfence: root
pub fn identify() -> Uuid {
    Uuid::new_v4()
}
