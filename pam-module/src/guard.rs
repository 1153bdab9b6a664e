//! No panic leaves the module (R10): it would abort sudo, the greeter or the lock screen, and the last is an open desk.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use pamsm::{LogLvl, Pam, PamError, PamLibExt};

/// Runs the body of a hook; a panic in it is `PAM_SERVICE_ERR` and a line in the log.
pub fn guarded(pam: &Pam, body: impl FnOnce() -> PamError) -> PamError {
    catch(body).unwrap_or_else(|| {
        catch(|| pam.syslog(LogLvl::ERR, "internal error (a panic); the face was not checked"));
        PamError::SERVICE_ERR
    })
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
