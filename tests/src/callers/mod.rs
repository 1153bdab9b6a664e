//! Programs that ask PAM who somebody is, driven for real: sudo, su, login, polkit's helper and a lock screen, in a
//! world of their own. A world is a mount namespace with its own `/etc`, `/run`, `/home`, `/dev` and folder of PAM
//! modules, in which facelogin is installed as a package would install it; this machine's own files stay as they are.
//!
//! Support for tests alone: what cannot be prepared panics with the reason, as an assertion does.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accounts;
mod asking;
mod background;
pub mod bus;
pub mod cases;
mod dialogue;
pub mod display;
mod log;
mod namespace;
pub mod needs;
mod pty;
mod stacks;
mod table;
mod world;

pub use accounts::{Account, ENROLLED, EXPIRED, LOCKED, NOT_ENROLLED, ROOT};
pub use asking::Asked;
pub use background::Background;
pub use dialogue::{Ended, FACE_PROMPT, Hand, SHOW, Talk};
pub use log::Decided;
pub use pty::Pty;
pub use stacks::ship;
pub use table::{Row, Table};
pub use world::{Service, World};
