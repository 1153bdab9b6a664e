//! The vision process, and the supervisor's end of the line to it.
//!
//! The vision process runs without privileges, owns the camera, decodes pictures and runs the models. The supervisor
//! ([`keeper`], [`loan`], [`link`]) starts it or connects to it, asks for scans, and does not trust what it says further than
//! its job goes: it can lie about what the camera saw, it cannot read or change a template.

pub mod camera;
pub mod decode;
pub mod engines;
pub mod keeper;
pub mod link;
pub mod liveness;
pub mod loan;
pub mod memory;
pub mod process;
pub mod sandbox;
pub mod wire;
