//! The real libpam, for comparison: a few of its functions, over stacks in any folder.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

#[repr(C)]
struct Conv {
    talk: unsafe extern "C" fn(c_int, *const c_void, *mut *mut c_void, *mut c_void) -> c_int,
    data: *mut c_void,
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_start_confdir(
        service: *const c_char,
        user: *const c_char,
        conv: *const Conv,
        confdir: *const c_char,
        handle: *mut *mut c_void,
    ) -> c_int;
    fn pam_authenticate(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_setcred(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_end(handle: *mut c_void, status: c_int) -> c_int;
}

/// PAM_CONV_ERR to everything: the modules of these tests say only what they return.
unsafe extern "C" fn mute(_: c_int, _: *const c_void, _: *mut *mut c_void, _: *mut c_void) -> c_int {
    19
}

/// PAM_ESTABLISH_CRED.
const ESTABLISH: c_int = 2;

/// What `pam_authenticate` and a `pam_setcred` after it return for `service`, a file in `folder`.
pub fn walk(folder: &Path, service: &str) -> (i32, i32) {
    let service = CString::new(service).unwrap();
    let folder = CString::new(folder.as_os_str().as_bytes()).unwrap();
    let conv = Conv {
        talk: mute,
        data: ptr::null_mut(),
    };
    let mut handle = ptr::null_mut();
    // SAFETY: all strings end with NUL and live through the call; libpam copies them and `conv`.
    let started = unsafe {
        pam_start_confdir(
            service.as_ptr(),
            c"root".as_ptr(),
            &conv,
            folder.as_ptr(),
            &mut handle,
        )
    };
    assert_eq!(started, 0, "pam_start_confdir");
    // SAFETY: the handle came from pam_start_confdir and is used by this thread alone, until pam_end.
    unsafe {
        let authenticated = pam_authenticate(handle, 0);
        let established = pam_setcred(handle, ESTABLISH);
        pam_end(handle, established);
        (authenticated, established)
    }
}
