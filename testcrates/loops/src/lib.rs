//! One allocation, in loops of different depth.

pub struct Row {
    pub cells: Vec<u64>,
}

#[inline(never)]
fn stored(value: u64) -> Box<u64> {
    Box::new(value)
    //~^ RF101 hot always loop=0 root=in_no_loop
    //~^ RF101 hot always loop=0 root=behind_a_loop
    //~^ RF101 hot conditional loop=0 root=on_a_condition
    //~^ RF101 hot conditional loop=1 root=in_a_loop
    //~^ RF101 hot conditional loop=2 root=in_a_loop_of_a_loop
    //~^ RF101 hot conditional loop=2 root=through_a_function
}

// ringfence: root
pub fn in_no_loop(value: u64) -> Box<u64> {
    stored(value)
}

// ringfence: root
pub fn in_a_loop(rows: &[Row], keep: &mut [Option<Box<u64>>]) {
    for (row, slot) in rows.iter().zip(keep) {
        *slot = Some(stored(row.cells.len() as u64)); //~ RF103 hot loop=1
    }
}

// ringfence: root
pub fn in_a_loop_of_a_loop(rows: &[Row], keep: &mut [Option<Box<u64>>]) {
    for row in rows {
        for (cell, slot) in row.cells.iter().zip(keep.iter_mut()) {
            *slot = Some(stored(*cell)); //~ RF103 hot loop=2
        }
    }
}

#[inline(never)]
fn keep_row(row: &Row, keep: &mut [Option<Box<u64>>]) {
    for (cell, slot) in row.cells.iter().zip(keep) {
        *slot = Some(stored(*cell)); //~ RF103 hot loop=2
    }
}

// ringfence: root
pub fn through_a_function(rows: &[Row], keep: &mut [Option<Box<u64>>]) {
    for row in rows {
        keep_row(row, keep);
    }
}

// ringfence: root
pub fn behind_a_loop(rows: &[Row]) -> Box<u64> {
    let mut sum = 0;
    for row in rows {
        sum += row.cells.len() as u64;
    }
    stored(sum)
}

// ringfence: root
pub fn on_a_condition(value: u64) -> Option<Box<u64>> {
    (value % 3 == 0).then(|| stored(value))
}
