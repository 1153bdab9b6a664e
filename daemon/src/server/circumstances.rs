//! What in the circumstances of an attempt forbids a scan: where the user is, the lid, the account, the password.

use facelogin_protocol::types::Reason;

use crate::server::attempt::Attempted;
use crate::server::{Daemon, accounts, password, whereabouts};

/// One thing that may forbid it.
type Check = fn(&Daemon, &Attempted<'_>) -> Option<Reason>;

/// All of them, in the order in which they are asked: what takes longest comes last.
const CHECKS: &[Check] = &[password::hindrance, whereabouts::hindrance, accounts::hindrance];

/// The first thing that forbids it; asked only for attempts that nothing else refuses.
pub fn hindrance(daemon: &Daemon, attempted: &Attempted<'_>) -> Option<Reason> {
    CHECKS.iter().find_map(|check| check(daemon, attempted))
}
