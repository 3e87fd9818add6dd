//! Package formats of .NET.
