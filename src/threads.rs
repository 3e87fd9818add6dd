//! What threads of this program need beside their work.

/// Bytes of stack that the deepest nesting which readers allow has room in.
pub const STACK: usize = 8 << 20;
