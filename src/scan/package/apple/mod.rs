//! Apple platforms: Swift Package Manager, CocoaPods, Carthage.

pub mod cartfile_resolved;
pub mod podfile;
pub mod podfile_lock;
pub mod swift_package;
pub mod swift_resolved;
