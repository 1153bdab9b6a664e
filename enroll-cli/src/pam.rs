//! PAM stacks: read as libpam reads them, judged before anything is changed, and edited one line at a time.
//!
//! `lines` and `control` are libpam's syntax, `stack` its include rules, `dispatch` its loop, `modules` what is known of
//! modules by name, `analyse` the four questions, `edit` lines in and out, `root` and `files` where files are and how
//! they are replaced, `manager` who else writes them, `allow_list` the configuration's side.

pub mod allow_list;
pub mod analyse;
pub mod code;
pub mod control;
pub mod dispatch;
pub mod edit;
pub mod files;
pub mod lines;
pub mod manager;
pub mod modules;
pub mod root;
pub mod stack;
pub mod survey;

#[cfg(test)]
mod analyse_tests;
#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod libpam;
#[cfg(test)]
mod libpam_tests;
