//! Who asks for more rights (R27), as the kernel says where it says anything.
//!
//! polkit's helper sets `PAM_RUSER` to the user to be authenticated, whom its caller chooses freely: by its word anybody's
//! shell over SSH would ask in the name of the administrator at the desk.

use std::io;
use std::os::fd::AsFd;

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::{Uid, User, geteuid, getuid};

use crate::ask::uid_of;

/// The service of polkit's helper. Since polkit 127 systemd starts it for a connection, which is its standard input;
/// before, it was set-uid.
const POLKIT: &str = "polkit-1";

/// The name of who asks at `service`; `claimed` is `PAM_RUSER`.
pub fn name(service: &str, claimed: Option<String>) -> Option<String> {
    match kernels_word(service) {
        None => claimed,
        // Several names may have one uid.
        Some(uid)
            if claimed
                .as_deref()
                .is_some_and(|name| uid_of(name).ok() == Some(uid)) =>
        {
            claimed
        }
        Some(uid) => Some(match User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(account)) => account.name,
            // No account has such a name: nobody is present by it.
            _ => format!("#{uid}"),
        }),
    }
}

/// The real uid of a set-uid program is that of whoever started it. `None`: root itself runs it, and says for whom.
fn kernels_word(service: &str) -> Option<u32> {
    if !geteuid().is_root() {
        return None;
    }
    match getuid() {
        user if !user.is_root() => Some(user.as_raw()),
        root if service == POLKIT => {
            let peer = getsockopt(&io::stdin().as_fd(), sockopt::PeerCredentials);
            Some(peer.map_or(root.as_raw(), |peer| peer.uid()))
        }
        _ => None,
    }
}
