//! The one item of libpam that pamsm does not offer. The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use pamsm::Pam;

/// `PAM_TTY` of `_pam_types.h`.
const PAM_TTY: c_int = 3;
/// `PAM_SUCCESS` of `_pam_types.h`.
const PAM_SUCCESS: c_int = 0;

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_get_item(pamh: *const c_void, item_type: c_int, item: *mut *const c_void) -> c_int;
}

/// `PAM_TTY`, when the caller set it.
pub fn tty(pam: &Pam) -> Option<&CStr> {
    // SAFETY: `Pam` is `repr(transparent)` over the handle, a `*const c_void` (pamsm is pinned to the version that was
    // read), and the reference is valid for this read.
    let handle = unsafe { *ptr::from_ref(pam).cast::<*const c_void>() };
    let mut item = ptr::null();
    // SAFETY: the handle came from libpam for the hook that is running, and `item` is a place for one pointer.
    let code = unsafe { pam_get_item(handle, PAM_TTY, &mut item) };
    if code != PAM_SUCCESS || item.is_null() {
        return None;
    }
    // SAFETY: libpam returns its own NUL-ended copy of the string, which stays until the item is set again. Nothing
    // here sets items, and the borrow of `pam` ends with the hook.
    Some(unsafe { CStr::from_ptr(item.cast::<c_char>()) })
}
