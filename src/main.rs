//! vsscope
fn main() {}
