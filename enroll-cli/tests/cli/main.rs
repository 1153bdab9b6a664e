//! The real program: against a scripted daemon, and alone.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod run;
mod server;

mod config;
mod enrolment;
mod evaluate;
mod history;
mod managing;
mod models;
mod notify;
mod pam;
mod password;
mod permission;
mod scans;
mod usage;
