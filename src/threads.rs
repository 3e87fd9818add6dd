//! What threads of this program need beside their work.

/// Bytes of stack that the deepest nesting which readers allow has room in.
pub const STACK: usize = 8 << 20;

/// Makes room for so many bytes in the memory that the allocator keeps for this thread.
///
/// That of glibc asks the system for every four kilobytes more which a thread other than the first one takes, a thousand times for a
/// lock file of a megabyte, each of which stops the other threads for a moment. What was asked for once stays usable, so blocks
/// are taken here and given back untouched. With another allocator nothing changes.
pub fn widen_heap(bytes: usize) {
    /// Less than what is taken from the system directly.
    const BLOCK: usize = 120 << 10;
    /// What a thread has at most, in the end: half of what its memory can grow to in one piece.
    const MOST: usize = 32 << 20;
    // the memory of the first one grows in another way
    if std::thread::current().name() == Some("main") {
        return;
    }
    let blocks: Vec<Vec<u8>> = (0..bytes.min(MOST) / BLOCK).map(|_| Vec::with_capacity(BLOCK)).collect();
    // not to be found needless
    drop(std::hint::black_box(blocks));
}
