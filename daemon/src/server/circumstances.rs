//! What in the circumstances of an attempt forbids a scan: where the user is, the lid, the account, the password.

use facelogin_protocol::types::Reason;

use crate::server::attempt::Attempted;
use crate::server::{Daemon, accounts, password, whereabouts};

/// What is the case where nothing forbids it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The lid is closed over what is built in (R27).
    pub lid_closed: bool,
}

/// The first thing that forbids it; asked only for attempts that nothing else refuses. What takes longest comes last.
pub fn circumstances(daemon: &Daemon, attempted: &Attempted<'_>) -> Result<Circumstances, Reason> {
    let unless = |hindrance: Option<Reason>| hindrance.map_or(Ok(()), Err);
    unless(password::hindrance(daemon, attempted))?;
    let lid_closed = whereabouts::lid_closed(daemon, attempted)?;
    unless(accounts::hindrance(daemon, attempted))?;
    Ok(Circumstances { lid_closed })
}
