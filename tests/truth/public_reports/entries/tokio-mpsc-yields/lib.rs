use tokio::sync::mpsc::UnboundedSender;

// ringfence: root
pub fn emit(out: &UnboundedSender<u64>, event: u64) -> bool {
    out.send(event).is_ok()
}
