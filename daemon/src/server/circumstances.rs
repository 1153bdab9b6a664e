//! What in the circumstances of an attempt forbids a scan: where the user is, the lid, the account, the password.

use facelogin_protocol::types::Reason;

use crate::server::attempt::Attempted;
use crate::server::{Daemon, accounts, password};

/// The first thing that forbids it; asked only for attempts that nothing else refuses.
pub fn hindrance(daemon: &Daemon, attempted: &Attempted<'_>) -> Option<Reason> {
    accounts::hindrance(daemon, attempted).or_else(|| password::hindrance(daemon, attempted))
}
