//! The invoking user's password before what is enrolled changes (R19).
//!
//! Root may have been reached by a face: whoever once held a picture up for sudo could enrol their own face for good.
//! So the password of whoever became root is asked through PAM, by a service whose stack never holds the face. This
//! stops a face from making itself at home; it does not stop root, who can do the same without this program.

mod ffi;
mod invoker;
mod terminal;

use std::ffi::{CString, NulError};
use std::path::Path;

use clap::Args;

use crate::caller::{Accounts, System};
use crate::out::Out;
use ffi::{Reply, Style};
pub use invoker::{Invoker, InvokerError};
use terminal::Terminal;

/// The PAM service. The daemon refuses the face for that name whatever the configuration says.
const SERVICE: &str = "facelogin-enroll";

/// Where libpam looks for it. Were it in neither, libpam would take `other`, whose stack may be anything.
const FILES: [&str; 2] = ["/etc/pam.d/facelogin-enroll", "/usr/lib/pam.d/facelogin-enroll"];

/// `--unattended`, for the commands that change what is enrolled.
#[derive(Debug, Args)]
pub struct UnattendedArg {
    /// Do not ask for root's password. For provisioning by root itself: refused to a root that a user became.
    #[arg(long)]
    unattended: bool,
}

/// Why nothing may be changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Who became root is not clear.
    #[error("{0}; nothing was changed")]
    Invoker(#[from] InvokerError),
    /// `--unattended` from a user's root.
    #[error(
        "--unattended is for root itself, and {user} became root to run this; leave it out, and type {user}'s \
         password"
    )]
    NotUnattended {
        /// Who became root.
        user: String,
    },
    /// Root itself, and nobody to ask.
    #[error("there is no terminal to ask for root's password at; add --unattended to go on without it")]
    NoTerminalForRoot,
    /// A user's root, and nobody to ask.
    #[error("there is no terminal to ask for {user}'s password at; run this in one. Nothing was changed")]
    NoTerminal {
        /// Who became root.
        user: String,
    },
    /// The stack is not installed.
    #[error("the PAM service is not installed: {} is missing; install facelogin again", FILES[0])]
    NoService,
    /// libpam does not let them pass.
    #[error("the password of {user} was not accepted ({why}). Nothing was changed")]
    Refused {
        /// Whose.
        user: String,
        /// libpam's words.
        why: String,
    },
    /// A name that C cannot hold.
    #[error("a user name holds a NUL character")]
    Name(#[from] NulError),
}

/// Lets pass whoever may change what is enrolled: root itself with `--unattended`, else whoever types the password of
/// the user that became root.
pub fn ask(out: &mut Out<'_>, unattended: &UnattendedArg) -> Result<(), PasswordError> {
    let user = match Invoker::current()?.find(&System)? {
        None if unattended.unattended => return Ok(()),
        None => None,
        Some(user) if unattended.unattended => return Err(PasswordError::NotUnattended { user }),
        some => some,
    };
    let Some(mut terminal) = Terminal::open() else {
        return Err(match user {
            None => PasswordError::NoTerminalForRoot,
            Some(user) => PasswordError::NoTerminal { user },
        });
    };
    if !FILES.iter().any(|file| Path::new(file).exists()) {
        return Err(PasswordError::NoService);
    }
    let user = user
        .or_else(|| System.name_of(0))
        .unwrap_or_else(|| "root".into());
    out.note(&format!(
        "Changing what is enrolled takes the password of {user}."
    ));
    let mut talk = |style: Style, text: &str| match style {
        Style::Hidden => terminal.ask(text, false).map_or(Reply::Failed, Reply::Text),
        Style::Shown => terminal.ask(text, true).map_or(Reply::Failed, Reply::Text),
        Style::Said => {
            out.note(text);
            Reply::Heard
        }
        Style::Unknown => Reply::Failed,
    };
    let (service, name) = (CString::new(SERVICE)?, CString::new(user.as_str())?);
    ffi::authenticate(&service, &name, &mut talk).map_err(|why| PasswordError::Refused { user, why })
}
