use rust_decimal::Decimal;
use std::fmt::{self, Write};

/// Text of a fixed size.
pub struct Line {
    text: [u8; 64],
    used: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = (self.text.len() - self.used).min(text.len());
        self.text[self.used..][..room].copy_from_slice(&text.as_bytes()[..room]);
        self.used += room;
        Ok(())
    }
}

// ringfence: root
pub fn show(line: &mut Line, price: &Decimal) -> bool {
    write!(line, "{price}").is_ok()
}
