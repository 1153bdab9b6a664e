//! facelogind
fn main() {}
