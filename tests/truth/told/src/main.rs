//! Prints what the compiler says of sizes.

fn main() {
    for (name, size) in told::sizes() {
        println!("{name}\t{size}");
    }
}
