//! The parts of `bench`: what is measured, on what, and how it is shown.

pub mod alone;
pub mod cameras;
pub mod daemon;
pub mod front;
pub mod logins;
pub mod machine;
pub mod node;
pub mod replayed;
pub mod report;
pub mod room;
pub mod scene;
pub mod second;
pub mod stages;
pub mod vision;

/// A bench has one answer to every failure: to say it and to stop.
pub type Failed = Box<dyn std::error::Error>;
