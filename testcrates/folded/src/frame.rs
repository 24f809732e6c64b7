use std::alloc::{alloc, dealloc, handle_alloc_error, Layout};
use std::ptr::{copy_nonoverlapping, null_mut};
use std::slice::from_raw_parts;

use crate::Closed;

/// Bytes that are written one after the other.
pub struct Frame {
    start: *mut u8,
    length: usize,
    room: usize,
}

impl Frame {
    #[inline]
    pub fn new() -> Frame {
        Frame { start: null_mut(), length: 0, room: 0 }
    }

    #[inline]
    pub fn is_full(&self) -> bool {
        self.length == self.room
    }

    #[inline]
    pub fn add(&mut self, byte: u8) {
        if self.is_full() {
            self.grow();
        }
        self.put(byte);
    }

    #[inline]
    pub fn add_result(&mut self, byte: Result<u8, Closed>) -> Result<(), Closed> {
        let byte = byte?;
        if self.is_full() {
            self.grow();
        }
        self.put(byte);
        Ok(())
    }

    #[inline]
    pub fn put(&mut self, byte: u8) {
        unsafe { self.start.add(self.length).write(byte) };
        self.length += 1;
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        unsafe { from_raw_parts(self.start, self.length) }
    }

    #[cold]
    #[inline(never)]
    pub fn grow(&mut self) {
        let layout = unsafe { Layout::from_size_align_unchecked(self.room * 2 + 16, 1) };
        let start = unsafe { alloc(layout) };
        //~^ RF101 hot root=answers; RF101 hot root=answers_if_asked; RF101 hot root=answers_by_hand; RF101 hot root=answers_or_fails; RF101 hot root=answers_twice; RF101 hot root=answers_each; RF101 hot root=answers_made; RF101 hot loop=1 root=collects; RF101 cold loop=1 root=collects_into; RF101 cold root=keeps
        if start.is_null() {
            handle_alloc_error(layout);
        }
        if self.room > 0 {
            unsafe { copy_nonoverlapping(self.start, start, self.length) };
            unsafe { dealloc(self.start, Layout::from_size_align_unchecked(self.room, 1)) };
            //~^ RF103 hot root=answers; RF103 hot root=answers_if_asked; RF103 hot root=answers_by_hand; RF103 hot root=answers_or_fails; RF103 hot root=answers_twice; RF103 hot root=answers_each; RF103 hot root=answers_made; RF103 hot loop=1 root=collects; RF103 cold loop=1 root=collects_into; RF103 cold root=keeps
        }
        self.start = start;
        self.room = layout.size();
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        if self.room > 0 {
            unsafe { dealloc(self.start, Layout::from_size_align_unchecked(self.room, 1)) };
            //~^ RF103 hot root=answers; RF103 hot root=answers_if_asked; RF103 hot root=answers_by_hand; RF103 hot root=answers_or_fails; RF103 hot root=answers_twice; RF103 hot root=answers_each; RF103 hot root=answers_made; RF103 hot root=collects
        }
    }
}

#[inline(never)]
pub fn made(byte: u8) -> Frame {
    let mut frame = Frame::new();
    frame.add(byte);
    frame
}
