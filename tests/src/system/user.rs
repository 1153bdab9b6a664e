//! Accounts that every Debian has, and acting as one of them. The only unsafe code of the system tests.
#![allow(unsafe_code)]

use std::thread;

use nix::libc;

/// Whom the tests enrol.
pub const ENROLLED: &str = "games";

/// Whom they do not.
pub const STRANGER: &str = "man";

/// A third account.
pub const THIRD: &str = "mail";

/// The uid of an account that must exist.
pub fn uid(name: &str) -> u32 {
    nix::unistd::User::from_name(name).unwrap().unwrap().uid.as_raw()
}

/// Runs `act` in a thread of its own whose uid is `uid`: the kernel keeps credentials by thread, and the daemon sees
/// those of the thread that connects.
pub fn act_as<T: Send>(uid: u32, act: impl FnOnce() -> T + Send) -> T {
    with_uids([uid; 3], act)
}

/// The same with root's rights: as a set-uid program of root's that `uid` has started.
pub fn start_as<T: Send>(uid: u32, act: impl FnOnce() -> T + Send) -> T {
    with_uids([uid, 0, 0], act)
}

fn with_uids<T: Send>([real, effective, saved]: [u32; 3], act: impl FnOnce() -> T + Send) -> T {
    let result = thread::scope(|scope| {
        let acting = scope.spawn(move || {
            // SAFETY: the raw system call, unlike the C library's function, changes this thread alone, and it touches
            // no memory. The thread ends with `act`.
            let changed = unsafe { libc::syscall(libc::SYS_setresuid, real, effective, saved) };
            assert_eq!(changed, 0, "setresuid");
            act()
        });
        acting.join()
    });
    match result {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
