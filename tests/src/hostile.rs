//! A program that does to the PAM module what no program should, in a process of its own so that a crash is a result:
//! `hostile-host`. It looks at everything a module could change in its host before and after, and reports.
//!
//! | file | what |
//! |---|---|
//! | `case` | what to do, and what came of it: both as JSON |
//! | `conversation` | conversation functions that break their contract |
//! | `state` | what a module could change in its host |
//! | `play` | the host's own side: does one case |
//! | `run` | the test's side: starts a host, reads its report |

mod case;
mod conversation;
mod play;
mod run;
mod state;

pub use case::{Case, Entry, Report, Signals, Talk};
pub use conversation::Conversation;
pub use play::{END_MARK, play};
pub use run::{Outcome, Prepared, run};
pub use state::State;
