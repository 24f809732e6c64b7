//! Clones that copy buffers, beside clones that copy plain data or count.

use std::borrow::Cow;
use std::sync::Arc;

#[derive(Clone)]
pub struct Depth {
    pub levels: Vec<(u64, u64)>, //~ RF101 hot
    pub venue: String, //~ RF101 hot
}

#[derive(Clone, Copy)]
pub struct Quote {
    pub bid: u64,
    pub ask: u64,
}

pub struct Desk {
    pub depth: Depth,
    pub names: Vec<String>,
    pub shared: Arc<Depth>,
    pub quote: Quote,
    pub tag: Option<String>,
}

impl Desk {
    /// Two buffers, one finding.
    // ringfence: root
    pub fn snapshot(&self) -> Depth {
        self.depth.clone() //~ RF104 hot
    }

    // ringfence: root
    pub fn all_names(&self) -> Vec<String> {
        self.names.clone() //~ RF104 hot conditional; RF101 hot
    }

    // ringfence: root
    pub fn venue(&self) -> String {
        self.depth.venue.to_owned() //~ RF104 hot conditional; RF101 hot
    }

    // ringfence: root
    pub fn tagged(&self) -> Option<String> {
        self.tag.as_ref().cloned() //~ RF104 hot conditional; RF101 hot
    }

    /// Each name that is looked at is cloned.
    // ringfence: root
    pub fn first_long(&self) -> Option<String> {
        self.names.iter().cloned().find(|name| name.len() > 8) //~ RF104 hot loop=1; RF101 hot loop=1; RF103 hot loop=1
    }

    // ringfence: root
    #[inline(never)]
    pub fn share(&self) -> Arc<Depth> {
        Arc::clone(&self.shared)
    }

    // ringfence: root
    #[inline(never)]
    pub fn last(&self) -> Quote {
        self.quote.clone()
    }

    /// A vector is made, but not by cloning one.
    // ringfence: root
    pub fn prices(&self) -> Vec<u64> {
        self.depth.levels.iter().map(|level| level.0).collect() //~ RF101 hot
    }
}

// ringfence: root
pub fn owned(text: Cow<'_, str>) -> String {
    text.into_owned() //~ RF104 hot conditional; RF101 hot conditional
}

#[derive(Clone, Default)]
pub struct Tag(pub Box<[u64; 4]>);

/// LLVM knows the line of the derive only.
// ringfence: root
pub fn tagged_again(tag: &Tag) -> Tag {
    tag.clone() //~ RF101 hot always; RF104 hot always
}

// ringfence: root
pub fn untagged() -> Tag {
    Tag::default() //~ RF101 hot always
}

pub struct Label(Box<[u64; 4]>);

impl Label {
    pub fn new() -> Label {
        Label(Box::new([7; 4]))
    }
}

impl Clone for Label {
    fn clone(&self) -> Label {
        let copied = self.0.clone(); //~ RF101 hot always
        Label(copied)
    }
}

/// Written by hand: its own lines are known.
// ringfence: root
pub fn labelled(label: &Label) -> Label {
    label.clone() //~ RF104 hot always
}
