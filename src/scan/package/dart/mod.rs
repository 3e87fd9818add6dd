//! Dart and Flutter.

pub mod pubspec;
pub mod pubspec_lock;
