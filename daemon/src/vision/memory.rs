//! Giving back to the system what was used and is not any more.
#![allow(unsafe_code)]

/// Loading models and looking at pictures takes memory that is free afterwards, and that glibc keeps. For a process that mostly
/// waits it is worth the millisecond to give it back. Other C libraries are left to themselves.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it touches what nobody has allocated, and takes the allocator's own locks for it.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}
