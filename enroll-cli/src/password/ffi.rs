//! libpam as an application sees it (`pam_appl.h`), four calls of it.
//!
//! Of the crates, `pam` stands on an alpha and on bindgen, `pam-client` has had no release for years, and `nonstick` is
//! at 0.1; none wipes what was typed.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use nix::libc;
use zeroize::{Zeroize, Zeroizing};

/// Codes and flags of `_pam_types.h`.
const SUCCESS: c_int = 0;
const BUF_ERR: c_int = 5;
const CONV_ERR: c_int = 19;
const DISALLOW_NULL_AUTHTOK: c_int = 1;

/// The most messages that libpam hands over at once, `PAM_MAX_NUM_MSG`.
const MAX_MESSAGES: c_int = 32;

/// What kind of message a module sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A question whose answer is not shown.
    Hidden,
    /// A question whose answer is shown.
    Shown,
    /// An error or a piece of information.
    Said,
    /// Nothing that is known here.
    Unknown,
}

/// What it gets.
pub enum Reply {
    /// What was typed; without a NUL.
    Text(Zeroizing<Vec<u8>>),
    /// Nothing, as nothing was asked.
    Heard,
    /// The conversation broke.
    Failed,
}

/// Talks to the user.
type Talk<'a> = &'a mut dyn FnMut(Style, &str) -> Reply;

#[repr(C)]
struct PamMessage {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct PamResponse {
    text: *mut c_char,
    unused: c_int,
}

type Callback =
    unsafe extern "C" fn(c_int, *mut *const PamMessage, *mut *mut PamResponse, *mut c_void) -> c_int;

#[repr(C)]
struct PamConv {
    callback: Callback,
    data: *mut c_void,
}

/// `pam_handle_t`, which only libpam looks into.
type PamHandle = c_void;

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_start(
        service: *const c_char,
        user: *const c_char,
        conv: *const PamConv,
        handle: *mut *mut PamHandle,
    ) -> c_int;
    fn pam_authenticate(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_acct_mgmt(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_strerror(handle: *mut PamHandle, code: c_int) -> *const c_char;
    fn pam_end(handle: *mut PamHandle, status: c_int) -> c_int;
}

/// Whether `user` passes the stack of `service` and has an account in good standing; the error is libpam's own words.
pub fn authenticate(service: &CStr, user: &CStr, mut talk: Talk<'_>) -> Result<(), String> {
    let conv = PamConv {
        callback: converse,
        data: (&raw mut talk).cast(),
    };
    let mut handle = ptr::null_mut();
    // SAFETY: the strings end with NUL and live through the call; libpam copies them and `conv`. `talk`, which `conv`
    // points to, lives until after `pam_end`.
    let started = unsafe { pam_start(service.as_ptr(), user.as_ptr(), &conv, &mut handle) };
    if started != SUCCESS {
        return Err(format!("libpam does not start: code {started}"));
    }
    // SAFETY: the handle came from pam_start and lives until pam_end below.
    let mut code = unsafe { pam_authenticate(handle, DISALLOW_NULL_AUTHTOK) };
    if code == SUCCESS {
        // SAFETY: as above.
        code = unsafe { pam_acct_mgmt(handle, DISALLOW_NULL_AUTHTOK) };
    }
    // SAFETY: as above; the text is libpam's own, ends with NUL, and is copied before anything else is called.
    let words = unsafe {
        let text = pam_strerror(handle, code);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    };
    // SAFETY: the last use of the handle.
    unsafe { pam_end(handle, code) };
    match code {
        SUCCESS => Ok(()),
        _ => Err(words.unwrap_or_else(|| format!("code {code}"))),
    }
}

/// What libpam calls when a module has something to say or to ask.
///
/// # Safety
/// libpam's: `messages` points to `count` pointers to messages, `responses` to a place for one pointer, and `data` is
/// what `pam_start` was given.
unsafe extern "C" fn converse(
    count: c_int,
    messages: *mut *const PamMessage,
    responses: *mut *mut PamResponse,
    data: *mut c_void,
) -> c_int {
    if messages.is_null() || responses.is_null() || data.is_null() || !(1..=MAX_MESSAGES).contains(&count) {
        return CONV_ERR;
    }
    // SAFETY: `data` is the address of the `talk` of the call of `authenticate` that is on the stack, and nobody else
    // uses it meanwhile.
    let talk = unsafe { &mut *data.cast::<Talk<'_>>() };
    let count = count as usize;
    // SAFETY: calloc's arguments are small; zeroed memory is a valid array of responses.
    let array = unsafe { libc::calloc(count, size_of::<PamResponse>()) }.cast::<PamResponse>();
    if array.is_null() {
        return BUF_ERR;
    }
    let mut code = SUCCESS;
    for index in 0..count {
        // SAFETY: `messages` has `count` entries (see above); Linux-PAM passes an array of pointers.
        let message = unsafe { *messages.add(index) };
        if message.is_null() {
            code = CONV_ERR;
            break;
        }
        // SAFETY: not NULL, so it is a message that lives through this call.
        let message = unsafe { &*message };
        let text = match message.text.is_null() {
            true => String::new(),
            // SAFETY: not NULL, so it is the module's NUL-ended text.
            false => unsafe { CStr::from_ptr(message.text) }
                .to_string_lossy()
                .into_owned(),
        };
        let style = match message.style {
            1 => Style::Hidden,
            2 => Style::Shown,
            3 | 4 => Style::Said,
            _ => Style::Unknown,
        };
        // No unwinding into C.
        let reply = catch_unwind(AssertUnwindSafe(|| talk(style, &text))).unwrap_or(Reply::Failed);
        match reply {
            Reply::Heard => {}
            // SAFETY: `index` is within `array`.
            Reply::Text(typed) => unsafe { (*array.add(index)).text = copied(&typed) },
            Reply::Failed => code = CONV_ERR,
        }
        if code != SUCCESS {
            break;
        }
    }
    if code == SUCCESS {
        // SAFETY: `responses` is the place where libpam wants the array, which it frees.
        unsafe { *responses = array };
        return SUCCESS;
    }
    for index in 0..count {
        // SAFETY: `index` is within `array`; its texts are NULL or from `copied`, and nobody else has seen them.
        unsafe {
            let text = (*array.add(index)).text;
            if !text.is_null() {
                std::slice::from_raw_parts_mut(text.cast::<u8>(), libc::strlen(text)).zeroize();
                libc::free(text.cast());
            }
        }
    }
    // SAFETY: `array` is calloc's, and nobody else has seen it.
    unsafe { libc::free(array.cast()) };
    code
}

/// A copy that libpam may free; NULL, which no module takes for a password, when memory is short.
fn copied(typed: &[u8]) -> *mut c_char {
    // SAFETY: room for the text and its NUL, which calloc has written already; both ends are of that length.
    unsafe {
        let copy = libc::calloc(typed.len() + 1, 1).cast::<u8>();
        if !copy.is_null() {
            ptr::copy_nonoverlapping(typed.as_ptr(), copy, typed.len());
        }
        copy.cast()
    }
}
