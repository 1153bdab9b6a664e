//! From tries to error rates. Pure: no files, no clock, and no chance but by a seed.

pub mod bootstrap;
pub mod histogram;
pub mod random;
pub mod rates;
pub mod threads;
pub mod trials;
