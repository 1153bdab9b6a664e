//! A PAM application over the real libpam, with its stacks in any folder: no root, no `/etc/pam.d`.

pub mod code;
mod confdir;
mod ffi;

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, NulError};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

pub use confdir::ConfDir;
use ffi::{Call, Transaction};

/// Flags of `pam_authenticate` and `pam_setcred`, from `_pam_types.h`.
#[allow(missing_docs)]
pub mod flag {
    pub const SILENT: i32 = 0x8000;
    pub const DISALLOW_NULL_AUTHTOK: i32 = 0x1;
    pub const ESTABLISH_CRED: i32 = 0x2;
    pub const DELETE_CRED: i32 = 0x4;
    pub const REINITIALIZE_CRED: i32 = 0x8;
    pub const REFRESH_CRED: i32 = 0x10;
}

/// What kind of message a module sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A question whose answer is not shown.
    Hidden,
    /// A question whose answer is shown.
    Shown,
    /// An error.
    Error,
    /// A piece of information.
    Info,
    /// Anything else.
    Other(i32),
}

impl From<i32> for Style {
    fn from(style: i32) -> Self {
        match style {
            1 => Self::Hidden,
            2 => Self::Shown,
            3 => Self::Error,
            4 => Self::Info,
            other => Self::Other(other),
        }
    }
}

/// One message of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its kind.
    pub style: Style,
    /// Its text.
    pub text: String,
}

impl Message {
    /// Whether it wants an answer.
    pub fn is_question(&self) -> bool {
        matches!(self.style, Style::Hidden | Style::Shown)
    }
}

/// What the application's conversation answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A typed line.
    Text(CString),
    /// Success, and a response whose text is NULL: what fits a message, and what LightDM answers to questions too.
    Null,
    /// Success, and no array of responses at all.
    NoResponses,
    /// `PAM_CONV_ERR`.
    Fail,
}

/// One transaction with libpam. Dropping it is `pam_end`.
pub struct PamHost {
    transaction: Transaction,
    messages: Rc<RefCell<Vec<Message>>>,
}

/// Items of `_pam_types.h`.
const PAM_USER: i32 = 2;
const PAM_TTY: i32 = 3;
const PAM_RHOST: i32 = 4;
const PAM_RUSER: i32 = 8;

/// `PAM_BUF_ERR`, for a string that C cannot hold.
const BUF_ERR: i32 = 5;

impl PamHost {
    /// Starts a transaction for `service`, a file in `confdir`. The error is a PAM code.
    pub fn start(
        service: &str,
        user: Option<&str>,
        confdir: &Path,
        mut conversation: impl FnMut(&Message) -> Answer + 'static,
    ) -> Result<Self, i32> {
        let messages = Rc::new(RefCell::new(Vec::new()));
        let record = Rc::clone(&messages);
        let talk = move |message: &Message| {
            record.borrow_mut().push(message.clone());
            conversation(message)
        };
        let user = user.map(text).transpose()?;
        let confdir = text(confdir.as_os_str().as_bytes())?;
        let transaction =
            Transaction::start(&text(service)?, user.as_deref(), &confdir, Some(Box::new(talk)))?;
        Ok(Self {
            transaction,
            messages,
        })
    }

    /// Starts one whose user answers each question with the next of `answers`, and nothing once they are used up.
    pub fn answering(service: &str, user: &str, confdir: &Path, answers: Vec<Answer>) -> Result<Self, i32> {
        let next = Cell::new(0);
        Self::start(service, Some(user), confdir, move |message| {
            if !message.is_question() {
                return Answer::Null;
            }
            let answer = answers.get(next.replace(next.get() + 1));
            answer.cloned().unwrap_or(Answer::Fail)
        })
    }

    /// Starts one whose `struct pam_conv` has no function.
    pub fn without_conversation(service: &str, user: &str, confdir: &Path) -> Result<Self, i32> {
        let confdir = text(confdir.as_os_str().as_bytes())?;
        let transaction = Transaction::start(&text(service)?, Some(&text(user)?), &confdir, None)?;
        Ok(Self {
            transaction,
            messages: Rc::default(),
        })
    }

    /// Starts one whose user never answers anything.
    pub fn mute(service: &str, user: &str, confdir: &Path) -> Result<Self, i32> {
        Self::start(service, Some(user), confdir, |_| Answer::Fail)
    }

    /// Sets `PAM_USER`.
    pub fn set_user(&mut self, user: Option<&CStr>) -> i32 {
        self.transaction.set_item(PAM_USER, user)
    }

    /// Sets `PAM_TTY`.
    pub fn set_tty(&mut self, tty: &CStr) -> i32 {
        self.transaction.set_item(PAM_TTY, Some(tty))
    }

    /// Sets `PAM_RHOST`.
    pub fn set_rhost(&mut self, host: &CStr) -> i32 {
        self.transaction.set_item(PAM_RHOST, Some(host))
    }

    /// Sets `PAM_RUSER`.
    pub fn set_ruser(&mut self, user: &CStr) -> i32 {
        self.transaction.set_item(PAM_RUSER, Some(user))
    }

    /// `PAM_USER` as it is now.
    pub fn user(&self) -> Option<CString> {
        self.transaction.item(PAM_USER)
    }

    /// `pam_authenticate`.
    pub fn authenticate(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::Authenticate, flags)
    }

    /// `pam_setcred`.
    pub fn setcred(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::SetCred, flags)
    }

    /// `pam_acct_mgmt`.
    pub fn acct_mgmt(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::AcctMgmt, flags)
    }

    /// `pam_open_session`.
    pub fn open_session(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::OpenSession, flags)
    }

    /// `pam_close_session`.
    pub fn close_session(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::CloseSession, flags)
    }

    /// `pam_chauthtok`.
    pub fn chauthtok(&mut self, flags: i32) -> i32 {
        self.transaction.call(Call::ChAuthTok, flags)
    }

    /// What modules have said so far.
    pub fn messages(&self) -> Vec<Message> {
        self.messages.borrow().clone()
    }

    /// `pam_end`.
    pub fn end(self) {}
}

fn text(bytes: impl Into<Vec<u8>>) -> Result<CString, i32> {
    CString::new(bytes).map_err(|_: NulError| BUF_ERR)
}
