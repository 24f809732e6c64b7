//! Wide enums that change hands, whole or beside their discriminant; and types beside the sizes that they have.

use std::collections::VecDeque;

use wire::Message;

pub enum Command {
    Cancel(u64),
    Load([u64; 64]),
}

#[derive(Default)]
pub enum Cell {
    #[default]
    Empty,
    Short(u32),
    Long([u8; 600]),
}

pub struct Desk {
    pub incoming: VecDeque<Command>,
    pub outgoing: VecDeque<Command>,
    pub stack: Vec<Command>,
    pub parked: Option<Command>,
    pub cell: Cell,
    pub wire: VecDeque<Message>,
    pub copies: VecDeque<Message>,
    pub small: VecDeque<Box<Command>>,
}

impl Desk {
    /// The discriminant goes through a register, the rest is copied: 512 bytes of 520.
    // ringfence: root
    #[inline(never)]
    pub fn forward(&mut self) {
        while self.outgoing.len() < self.outgoing.capacity() {
            let Some(command) = self.incoming.pop_front() else { return }; //~ RF502 hot loop=1; RF505 hot loop=1
            self.outgoing.push_back(command); //~ RF502 hot loop=1; RF102 amortized loop=1
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn unstack(&mut self) -> Command {
        self.stack.pop().unwrap() //~ RF502 hot; RF505 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn unpark(&mut self) -> Option<Command> {
        self.parked.take() //~ RF502 hot; RF505 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn unstack_or(&mut self, is_open: bool) -> Result<Command, u8> {
        if !is_open {
            return Err(3);
        }
        Ok(self.stack.pop().unwrap()) //~ RF502 hot; RF505 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn empty(&mut self) -> Cell {
        std::mem::take(&mut self.cell) //~ RF502 hot; RF505 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn refill(&mut self, cell: Cell) -> Cell {
        std::mem::replace(&mut self.cell, cell) //~ RF502 hot; RF505 hot
    }

    // ringfence: root
    #[inline(never)]
    pub fn relay(&mut self) {
        if self.copies.len() == self.copies.capacity() {
            return;
        }
        if let Some(message) = self.wire.pop_front() { //~ RF502 hot; RF505 hot
            self.copies.push_back(message); //~ RF502 hot
        }
    }

    // ringfence: root
    #[inline(never)]
    pub fn relay_boxes(&mut self) {
        if self.small.len() == self.small.capacity() {
            return;
        }
        if let Some(command) = self.small.pop_front() {
            self.small.push_back(command);
        }
    }
}

/// What the large variant holds is taken out: no enum moves.
// ringfence: root
#[inline(never)]
pub fn load(command: &Command, into: &mut [u64; 64]) {
    if let Command::Load(values) = command {
        *into = *values; //~ RF502 hot
    }
}

// ringfence: root
#[inline(never)]
pub fn loaded(command: &Command) -> [u64; 64] {
    match command {
        Command::Load(values) => *values, //~ RF502 hot
        Command::Cancel(number) => [*number; 64],
    }
}

// ringfence: root
#[inline(never)]
pub fn number(command: &Command) -> u64 {
    match command {
        Command::Cancel(number) => *number,
        Command::Load(values) => values[7],
    }
}

/// 520 bytes are an `Option<[u64; 64]>`, no `u64`.
// ringfence: root
#[inline(never)]
pub fn take(parked: &mut Option<[u64; 64]>) -> Option<[u64; 64]> {
    parked.take() //~ RF502 hot
}

// ringfence: root
#[inline(never)]
pub fn swap_in(slot: &mut [u32; 100], new: [u32; 100]) -> [u32; 100] {
    std::mem::replace(slot, new) //~ RF502 hot
}

#[derive(Clone)]
pub struct Page {
    pub lines: [u64; 48],
}

// ringfence: root
#[inline(never)]
pub fn copy_page(page: &Page) -> Page {
    page.clone() //~ RF501 hot
}

// ringfence: root
#[inline(never)]
pub fn copy_lines(page: &Page, into: &mut [u64]) {
    into[..48].copy_from_slice(&page.lines); //~ RF501 hot
}

