//! Support for the whole-system tests: a PAM host over real libpam, a daemon that follows a script, the whole
//! system on a replayed camera, the built files.

pub mod bins;
pub mod callers;
pub mod pam_host;
pub mod scripted;
pub mod system;
