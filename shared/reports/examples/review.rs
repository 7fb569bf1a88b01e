//! Writes a sample review as PDF and XLSX, to look at: `cargo run -p reports --example review -- FOLDER [ROWS]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a sample that can't be written should say so, and tells how long it took"
)]

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let mut given = std::env::args().skip(1);
    let folder = PathBuf::from(given.next().expect("a folder to write to"));
    let rows = given
        .next()
        .map_or(24, |rows| rows.parse().expect("a number of rows"));
    let review = sample::review(rows);
    for (name, render) in [
        ("review.pdf", reports::render_pdf as fn(&_) -> _),
        ("review.xlsx", reports::render_xlsx),
    ] {
        let begun = Instant::now();
        let bytes = render(&review).unwrap();
        println!(
            "{name}: {} bytes in {} ms",
            bytes.len(),
            begun.elapsed().as_millis()
        );
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
