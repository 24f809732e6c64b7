//! Values that are serialised, parsed or formatted, beside text that is copied and messages of panics.

use std::fmt;
use std::fmt::Write as _;

pub struct Id(pub u64);

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{}", self.0)
    }
}

pub struct Side {
    pub name: String,
}

#[allow(clippy::to_string_trait_impl)]
impl ToString for Side {
    fn to_string(&self) -> String {
        self.name.clone()
    }
}

pub struct Journal {
    pub text: String,
    pub name: String,
    pub levels: Vec<(u64, u64)>,
}

impl Journal {
    // ringfence: root
    #[inline(never)]
    pub fn json(&self) -> Option<String> {
        serde_json::to_string(&self.levels).ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn from_json(&mut self, text: &str) -> bool {
        serde_json::from_str(text).map(|levels| self.levels = levels).is_ok()
    }

    // ringfence: root
    #[inline(never)]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        bincode::serialize(&self.levels).ok()
    }

    /// What the `Display` of `Id` formats in turn is part of this.
    // ringfence: root
    #[inline(never)]
    pub fn label(&self, id: &Id) -> String {
        format!("id {id}")
    }

    // ringfence: root
    #[inline(never)]
    pub fn note(&mut self, id: &Id) {
        self.text.clear();
        write!(self.text, "{id}").unwrap();
    }

    // ringfence: root
    #[inline(never)]
    pub fn number(&self, price: u64) -> String {
        price.to_string()
    }

    /// A copy of text, no formatting.
    // ringfence: root
    #[inline(never)]
    pub fn copy_name(&self) -> String {
        self.name.to_string()
    }

    /// Text behind another type is copied as well.
    // ringfence: root
    #[inline(never)]
    pub fn copy_lossy(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).to_string()
    }

    // ringfence: root
    #[inline(never)]
    pub fn copy_through_references(&self) -> String {
        let name: &str = &self.name;
        (&&name).to_string()
    }

    // ringfence: root
    #[inline(never)]
    pub fn copy_letter(&self, letter: char, is_open: bool) -> String {
        letter.to_string() + &is_open.to_string()
    }

    /// `ToString` by hand has nothing of `Display`.
    // ringfence: root
    #[inline(never)]
    pub fn copy_by_hand(&self, side: &Side) -> String {
        side.to_string()
    }

    /// What holds text has a `Display` like anything else.
    // ringfence: root
    #[inline(never)]
    pub fn shared(&self, name: &std::sync::Arc<str>) -> String {
        name.to_string()
    }

    /// Only where it panics.
    // ringfence: root
    #[inline(never)]
    pub fn checked(&self, price: u64) -> u64 {
        assert!(price < 1 << 40, "{price} is out of range");
        price + self.levels.len() as u64
    }
}
