//! Support for the whole-system tests: a PAM host over real libpam, a daemon that follows a script, the built files.

pub mod bins;
pub mod pam_host;
pub mod scripted;
