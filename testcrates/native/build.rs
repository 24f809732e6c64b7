//! Compiles `vendor.c` into a static library, as the crate `cc` does.

use std::env::var;
use std::process::Command;

fn main() {
    let out = var("OUT_DIR").expect("cargo names a folder");
    run(Command::new("cc").args(["-c", "-O2", "-fPIC", "vendor.c", "-o"]).arg(format!("{out}/vendor.o")));
    run(Command::new("ar").arg("crs").arg(format!("{out}/libvendor.a")).arg(format!("{out}/vendor.o")));
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=vendor");
    println!("cargo:rerun-if-changed=vendor.c");
}

fn run(command: &mut Command) {
    assert!(command.status().expect("the tool can be run").success());
}
