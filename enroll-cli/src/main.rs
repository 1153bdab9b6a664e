//! enrol
fn main() {}
