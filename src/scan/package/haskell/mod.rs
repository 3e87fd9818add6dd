//! Haskell.

pub mod cabal;
pub mod cabal_freeze;
pub mod stack_lock;
