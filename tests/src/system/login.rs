//! Logging in through the real module in real libpam.

use std::time::Instant;

use super::{Attempt, PATIENCE, System};
use crate::bins;
use crate::pam_host::{PamHost, code};

/// The services that the configuration enables: a console, a greeter, a lock screen.
pub const SERVICES: [&str; 3] = ["login", "gdm-password", "swaylock"];

/// Services that have a stack with the module but are not, or must not be, in the configuration.
const OTHERS: [&str; 4] = ["sshd", "sudo", "su", "unlisted"];

impl System {
    /// Writes the stacks, each with nothing but the module to authenticate with.
    pub(super) fn write_stacks(&self) {
        for service in SERVICES.iter().chain(&OTHERS) {
            self.stack(service, "");
        }
    }

    /// Writes one stack, with further arguments for the module.
    pub fn stack(&self, service: &str, arguments: &str) {
        let stack = format!(
            "auth required {} socket={} {arguments}\naccount required pam_permit.so",
            bins::module().display(),
            self.socket().display()
        );
        self.stacks.service(service, &stack).unwrap();
    }

    /// Where the stacks are.
    pub fn stacks(&self) -> &std::path::Path {
        self.stacks.path()
    }

    /// `pam_authenticate`, then for whoever is let in `pam_setcred` and `pam_acct_mgmt`: the code that decides.
    #[track_caller]
    pub fn login(&self, service: &str, user: &str) -> i32 {
        self.login_with(service, user, |_| {})
    }

    /// The same after `prepare`.
    #[track_caller]
    pub fn login_with(&self, service: &str, user: &str, prepare: impl FnOnce(&mut PamHost)) -> i32 {
        log_in(self.stacks(), service, user, prepare)
    }

    /// A login that the daemon is asked about: its code and what the store has on record of it.
    #[track_caller]
    pub fn recorded_login(&self, service: &str, user: &str) -> (&'static str, Attempt) {
        let before = self.recorded();
        let result = self.login(service, user);
        (code::name(result), self.attempt_after(before))
    }
}

/// One login with the stacks in a folder; it needs no borrow of the system, so that a thread can do it.
#[track_caller]
pub fn log_in(
    stacks: &std::path::Path,
    service: &str,
    user: &str,
    prepare: impl FnOnce(&mut PamHost),
) -> i32 {
    let mut host = PamHost::mute(service, user, stacks).unwrap();
    prepare(&mut host);
    let start = Instant::now();
    let result = host.authenticate(0);
    assert!(start.elapsed() < PATIENCE, "it did not end in time");
    assert!(
        ![code::IGNORE, code::INCOMPLETE].contains(&result),
        "R1: {}",
        code::name(result)
    );
    if result != code::SUCCESS {
        return result;
    }
    let credentials = host.setcred(crate::pam_host::flag::ESTABLISH_CRED);
    assert_eq!(code::name(credentials), "PAM_SUCCESS", "R3");
    host.acct_mgmt(0)
}
