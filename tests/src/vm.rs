//! The booted system of `tests/vm`, seen from the host: what its console says of each scenario, and for how long.

mod console;
mod system;

pub use console::{Console, Outcome};
pub use system::{Scenario, System, artefacts, lacking, scenarios};
