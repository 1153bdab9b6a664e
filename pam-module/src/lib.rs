//! The PAM module: a request to facelogind, one PAM code back.
//!
//! It runs inside programs that decide who gets in, often as root. So it touches nothing of theirs (R7), keeps
//! one note a transaction and nothing else (R12), reads no environment variable (R13), and every way through it that
//! is not one matching answer ends in a failure (R1).
//!
//! | file | what |
//! |---|---|
//! | `login` | one authentication from end to end, and its line in the log |
//! | `args` | the words after the module's name in a PAM file |
//! | `caller` | what the calling program says of the login, checked |
//! | `asker` | who asks, as the kernel says |
//! | `ask` | the questions to the daemon |
//! | `conversation` | what is said to the user: a prompt, a line of information |
//! | `words` | that line |
//! | `proof` | the note "a password was typed", and its report after the login |
//! | `code` | the answer, or its absence, as a PAM code |
//! | `guard` | no panic leaves the module |
//! | `ffi` | the libpam calls that pamsm lacks |
//!
//! With the trigger `immediate` one question decides. With `enter` the daemon answers the first one with
//! `consent_needed` when a scan could begin; then the user is asked for the password or an empty line, and only after
//! the empty line the daemon is asked again. Every question has a connection of its own and ends before a message to
//! the user begins, so the camera is never held during a conversation. `PAM_SILENT` silences the information, not the
//! prompt.
//!
//! A line with `note_password` further down the stack asks nobody: it notes a password that the modules before it
//! took. `setcred` reports it.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(test, allow(clippy::panic, clippy::indexing_slicing))]

#[cfg(not(panic = "unwind"))]
compile_error!("pam_facelogin needs panic = \"unwind\": an abort would take sudo or the greeter with it");

use pamsm::{Pam, PamError, PamFlags, PamServiceModule, pam_module};

use crate::guard::{Hook, guarded};

mod args;
mod ask;
mod asker;
mod caller;
mod code;
mod conversation;
mod ffi;
mod guard;
mod login;
mod proof;
mod words;

struct FaceLogin;

// What the macro's own code does before these bodies run, checked in pamsm 0.5.5: it refuses a negative `argc`, does
// not touch `argv` when `argc` is 0, and answers SERVICE_ERR to an argument that is not UTF-8. It cannot panic. An
// allocation that fails aborts, there as everywhere in Rust: in a host that has not the few bytes for a copy of the
// arguments. Where they can be had, `guarded` looks whether the rest can.
impl PamServiceModule for FaceLogin {
    fn authenticate(pam: Pam, flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::Authenticate, args, |args| {
            login::authenticate(&pam, flags, args)
        })
    }

    /// R3: there are no credentials to set, and anything but success fails the login after a match.
    fn setcred(pam: Pam, flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::SetCred, args, |args| login::after(&pam, flags, args))
    }

    // R3: a face says nothing about accounts, sessions or passwords.

    fn acct_mgmt(pam: Pam, _flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::Account, args, |_| PamError::IGNORE)
    }

    fn open_session(pam: Pam, _flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::OpenSession, args, |_| PamError::IGNORE)
    }

    fn close_session(pam: Pam, _flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::CloseSession, args, |_| PamError::IGNORE)
    }

    fn chauthtok(pam: Pam, _flags: PamFlags, args: Vec<String>) -> PamError {
        guarded(&pam, Hook::Password, args, |_| PamError::IGNORE)
    }
}

pam_module!(FaceLogin);
