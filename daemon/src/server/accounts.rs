//! What an account itself has against being opened by a face.

use facelogin_protocol::types::Reason;
use nix::unistd::User;

use crate::account::Account;
use crate::server::Daemon;
use crate::server::attempt::Attempted;

/// Locked, expired, or a home that only the password opens.
pub fn hindrance(daemon: &Daemon, attempted: &Attempted<'_>) -> Option<Reason> {
    // Root's own try of somebody's face lets nobody in.
    if !attempted.counts {
        return None;
    }
    let uid = attempted.uid.ok().flatten()?;
    // Resolved once more for the home: an account that changed since is not the one that was asked about.
    let account = User::from_name(attempted.user)
        .ok()
        .flatten()
        .filter(|found| found.uid.as_raw() == uid);
    let Some(found) = account else {
        return Some(Reason::UnknownUser);
    };
    let account = Account {
        name: found.name,
        uid,
        home: found.dir,
    };
    let remark = |text: &str| daemon.audit.remark(text);
    daemon.accounts.hindrance(&account, attempted.class, &remark)
}
