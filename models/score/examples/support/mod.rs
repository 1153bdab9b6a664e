//! What the examples that measure share; each uses its own part of it.
#![allow(dead_code, clippy::print_stdout)]

pub mod averages;
pub mod compared;
pub mod crowds;
pub mod draws;
pub mod groups;
pub mod intervals;
pub mod lines;
pub mod logins;
pub mod mixed;
pub mod rates;
pub mod ridge;
pub mod shares;
pub mod sitters;
pub mod variant;
mod ways;
