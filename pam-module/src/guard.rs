//! No panic leaves the module (R10): it would abort sudo, the greeter or the lock screen, and the last is an open desk.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use pamsm::{LogLvl, Pam, PamError, PamLibExt};

/// The six entries of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// `pam_sm_authenticate`.
    Authenticate,
    /// `pam_sm_setcred`.
    SetCred,
    /// `pam_sm_acct_mgmt`.
    Account,
    /// `pam_sm_open_session`.
    OpenSession,
    /// `pam_sm_close_session`.
    CloseSession,
    /// `pam_sm_chauthtok`.
    Password,
}

impl Hook {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::SetCred => "setcred",
            Self::Account => "account",
            Self::OpenSession => "open_session",
            Self::CloseSession => "close_session",
            Self::Password => "password",
        }
    }
}

/// More than a hook needs at once, in bytes: its largest buffer takes 16 KiB, the name service a few more.
const MEMORY: usize = 64 * 1024;

/// Whether a hook's memory is there now. Rust aborts the whole program when an allocation fails; so a host that is out of
/// memory is told so before the first one. Without a line in the log, which would need memory too.
fn memory_is_there() -> bool {
    let mut block: Vec<u8> = Vec::new();
    let there = block.try_reserve_exact(MEMORY).is_ok();
    // An allocation that nobody looks at may be left out by the compiler.
    std::hint::black_box(&block);
    there
}

/// Runs the body of a hook on the module's arguments; a panic in it is `PAM_SERVICE_ERR` and a line in the log.
pub fn guarded(
    pam: &Pam,
    hook: Hook,
    args: Vec<String>,
    body: impl FnOnce(&[String]) -> PamError,
) -> PamError {
    if !memory_is_there() {
        return PamError::SERVICE_ERR;
    }
    let injected = || {
        #[cfg(feature = "panic-injection")]
        let args = inject(hook, args);
        body(&args)
    };
    catch(injected).unwrap_or_else(|| {
        catch(|| {
            let line = format!(
                "internal error (a panic in {}); the face was not checked",
                hook.name()
            );
            pam.syslog(LogLvl::ERR, &line)
        });
        PamError::SERVICE_ERR
    })
}

/// For tests, in a build that is never installed: the argument `panic=HOOK` panics in that hook and is no argument in
/// the others. The build that ships refuses the word as any other that it does not know.
#[cfg(feature = "panic-injection")]
#[allow(clippy::panic)]
fn inject(hook: Hook, args: Vec<String>) -> Vec<String> {
    let (told, rest): (Vec<String>, Vec<String>) =
        args.into_iter().partition(|word| word.starts_with("panic="));
    if told
        .iter()
        .any(|word| word.strip_prefix("panic=") == Some(hook.name()))
    {
        panic!("as told");
    }
    rest
}

/// `None` when `body` panicked.
fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    // The default hook prints to the host's stderr and reads RUST_BACKTRACE. The hook belongs to this module's own
    // copy of the standard library, which a cdylib links statically and does not export, so a host written in Rust
    // keeps its own. Setting it again is the same as having set it: no state of ours decides whether it is there.
    set_hook(Box::new(|_| {}));
    // A body that panicked is not used again, and what it borrowed is only read.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping it runs whatever `drop` the panicking code gave it, which may panic again.
            mem::forget(payload);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("while being dropped");
        }
    }

    #[test]
    fn r10_a_panic_is_caught_and_so_is_a_payload_that_panics_when_dropped() {
        let harness = std::panic::take_hook();
        let indexes: Vec<u8> = Vec::new();
        let results = [
            catch(|| 7),
            catch(|| panic!("text")),
            catch(|| indexes[indexes.len()]),
            catch(|| std::panic::panic_any(Bomb)),
            catch(|| 8),
        ];
        // The other tests of this process want their failures printed.
        set_hook(harness);
        assert_eq!(results, [Some(7), None, None, None, Some(8)]);
    }
}
