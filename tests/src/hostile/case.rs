//! One case and its report.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::state::State;

/// What the host does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Folder of the PAM stacks; the service is `face`.
    pub confdir: PathBuf,
    /// `PAM_USER`, unless libpam is to ask for it.
    pub user: Option<String>,
    /// How the host answers a module.
    pub conversation: Conversation,
    /// The calls, in this order, on one handle.
    pub calls: Vec<Entry>,
    /// How often all of that, on the same handle.
    pub repeat: u32,
    /// In how many threads at once, each with its own handle; 1 is the main thread itself.
    pub threads: u32,
    /// Descriptors 0 to 2 are closed.
    pub close_stdio: bool,
    /// What the host does with signals.
    pub signals: Signals,
    /// The uid that the host has when it calls; only root can say.
    pub uid: Option<u32>,
    /// Before the calls: no further memory can be had from the kernel, and this many bytes are left in the heap.
    pub memory_left: Option<usize>,
    /// The host stops itself before the first call and ends the last with [`super::END_MARK`], for a tracer.
    pub traced: bool,
}

impl Case {
    /// One `pam_authenticate` of `user` in a well-behaved host that nobody answers in.
    pub fn new(confdir: impl Into<PathBuf>, user: &str) -> Self {
        Self {
            confdir: confdir.into(),
            user: Some(user.to_owned()),
            conversation: Conversation::Code(19),
            calls: vec![Entry::Authenticate(0)],
            repeat: 1,
            threads: 1,
            close_stdio: false,
            signals: Signals::Default,
            uid: None,
            memory_left: None,
            traced: false,
        }
    }
}

/// A call with its flags.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Entry {
    /// `pam_authenticate`.
    Authenticate(i32),
    /// `pam_setcred`.
    SetCred(i32),
    /// `pam_acct_mgmt`.
    Account,
    /// `pam_open_session`.
    OpenSession,
    /// `pam_close_session`.
    CloseSession,
    /// `pam_chauthtok`.
    Password,
}

/// What the host does with SIGPIPE, SIGCHLD and SIGALRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signals {
    /// As a C program starts.
    Default,
    /// Ignores them.
    Ignored,
    /// Has handlers.
    Handled,
    /// Has handlers, and a SIGALRM comes every millisecond: every wait is interrupted.
    Storm,
    /// Blocks every signal.
    Blocked,
}

/// What a module said to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// How many messages in this one call.
    pub count: i32,
    /// The style of the first.
    pub style: i32,
    /// The text of the first.
    pub text: String,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The code of every call; threads one after the other.
    pub codes: Vec<i32>,
    /// What the module said; threads one after the other.
    pub talks: Vec<Talk>,
    /// The host before the first call.
    pub before: State,
    /// The host after the last call.
    pub after: State,
    /// The host after `pam_end`.
    pub ended: State,
    /// Signals that reached the host's handlers.
    pub signals: u64,
    /// By how many bytes the heap grew from the tenth round to the last.
    pub heap_growth: Option<i64>,
}
