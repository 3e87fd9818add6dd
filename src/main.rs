//! The `sovaudit` command.

fn main() {}
