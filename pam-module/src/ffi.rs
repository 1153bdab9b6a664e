//! What of libpam pamsm lacks or does unsafely: two items, the conversation, the flag. The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{self, NonNull};

use nix::libc;
use pamsm::Pam;

/// From `_pam_types.h`.
const PAM_SUCCESS: c_int = 0;
const PAM_TTY: c_int = 3;
const PAM_CONV: c_int = 5;
const PAM_AUTHTOK: c_int = 6;

/// Longest response, in bytes: `PAM_MAX_RESP_SIZE` of `_pam_types.h`, as for `pam_unix`.
const MAX_RESPONSE: usize = 512;

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_get_item(pamh: *const c_void, item_type: c_int, item: *mut *const c_void) -> c_int;
    fn pam_set_item(pamh: *const c_void, item_type: c_int, item: *const c_void) -> c_int;
    fn pam_get_data(pamh: *const c_void, name: *const c_char, data: *mut *const c_void) -> c_int;
    fn pam_set_data(
        pamh: *const c_void,
        name: *const c_char,
        data: *mut c_void,
        clean_up: Option<unsafe extern "C" fn(*const c_void, *mut c_void, c_int)>,
    ) -> c_int;
}

/// `struct pam_message`.
#[repr(C)]
struct RawMessage {
    style: c_int,
    text: *const c_char,
}

/// `struct pam_response`.
#[repr(C)]
struct RawResponse {
    text: *mut c_char,
    unused: c_int,
}

type Callback =
    unsafe extern "C" fn(c_int, *mut *const RawMessage, *mut *mut RawResponse, *mut c_void) -> c_int;

/// `struct pam_conv`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawConversation {
    callback: Option<Callback>,
    data: *mut c_void,
}

/// The kinds of message this module sends; never `PAM_ERROR_MSG`, which GNOME Shell counts as a failed login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `PAM_PROMPT_ECHO_OFF`.
    Hidden = 1,
    /// `PAM_TEXT_INFO`.
    Info = 4,
}

/// Why a message brought no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TalkError {
    /// `PAM_CONV` is not set, or has no function.
    #[error("the program has no conversation")]
    None,
    /// The function failed.
    #[error("the program's conversation failed with PAM code {0}")]
    Failed(c_int),
    /// Success without a response, as LightDM answers while nobody can be asked.
    #[error("the program's conversation answered nothing")]
    NoResponse,
    /// Longer than any password.
    #[error("the answer is longer than {MAX_RESPONSE} bytes")]
    TooLong,
}

/// What the conversation answered. Zeroed and freed when dropped; it is never copied on our side.
pub struct Response(NonNull<RawResponse>);

impl Response {
    /// The typed line, at most [`MAX_RESPONSE`] bytes.
    pub fn text(&self) -> Result<&CStr, TalkError> {
        // SAFETY: the array holds a response for the one message that was sent, and stays until `drop`.
        let text = NonNull::new(unsafe { self.0.as_ref() }.text).ok_or(TalkError::NoResponse)?;
        // SAFETY: the application ends the text with NUL; no byte after it, nor after the bound, is read.
        if unsafe { libc::strnlen(text.as_ptr(), MAX_RESPONSE + 1) } > MAX_RESPONSE {
            return Err(TalkError::TooLong);
        }
        // SAFETY: a NUL was found within the bound; the text stays until `drop`, which the borrow keeps away.
        Ok(unsafe { CStr::from_ptr(text.as_ptr()) })
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        let array = self.0.as_ptr();
        // SAFETY: both come from the application's malloc(3) and are the module's to free (pam_conv(3)); nothing else
        // points to them.
        unsafe {
            let text = (*array).text;
            if !text.is_null() {
                wipe(text);
                libc::free(text.cast());
            }
            libc::free(array.cast());
        }
    }
}

/// Zeroes a text; of one that is longer than any password as much as was looked at.
///
/// # Safety
/// `text` is writable and ends with NUL.
unsafe fn wipe(text: *mut c_char) {
    // SAFETY: the text holds at least the bytes that strnlen(3) counts before a NUL.
    unsafe { libc::explicit_bzero(text.cast(), libc::strnlen(text, MAX_RESPONSE + 1)) }
}

/// Sends one message through the program's conversation.
pub fn converse(pam: &Pam, style: Style, text: &CStr) -> Result<Response, TalkError> {
    let item = item(pam, PAM_CONV).ok_or(TalkError::None)?;
    // SAFETY: the item PAM_CONV is libpam's copy of a `struct pam_conv`; it is copied before anything can replace it.
    let conversation = unsafe { item.cast::<RawConversation>().read() };
    let callback = conversation.callback.ok_or(TalkError::None)?;
    let message = RawMessage {
        style: style as c_int,
        text: text.as_ptr(),
    };
    let mut messages = [ptr::from_ref(&message)];
    let mut responses = ptr::null_mut();
    // SAFETY: the function is the application's, called as pam_conv(3) says: one message, whose text ends with NUL, a
    // place for the responses, and the application's own pointer. All of it outlives the call.
    let code = unsafe { callback(1, messages.as_mut_ptr(), &mut responses, conversation.data) };
    if code != PAM_SUCCESS {
        // What a failed conversation left in `responses` is the application's, and perhaps freed already (pam_conv(3)).
        return Err(TalkError::Failed(code));
    }
    NonNull::new(responses).map(Response).ok_or(TalkError::NoResponse)
}

/// `PAM_TTY`, when the caller set it.
pub fn tty(pam: &Pam) -> Option<&CStr> {
    let item = item(pam, PAM_TTY)?;
    // SAFETY: libpam returns its own NUL-ended copy of the string, which stays until the item is set again. Nothing
    // here sets this item, and the borrow of `pam` ends with the hook.
    Some(unsafe { CStr::from_ptr(item.as_ptr().cast::<c_char>()) })
}

/// Sets `PAM_AUTHTOK` to libpam's own copy of `password`, or back to NULL. The error is libpam's code.
pub fn set_authtok(pam: &Pam, password: Option<&CStr>) -> Result<(), c_int> {
    let value = password.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the handle came from libpam for the hook that is running; the string ends with NUL and is copied.
    match unsafe { pam_set_item(handle(pam), PAM_AUTHTOK, value.cast()) } {
        PAM_SUCCESS => Ok(()),
        code => Err(code),
    }
}

/// The number kept on this handle under `name`.
pub fn number(pam: &Pam, name: &CStr) -> Option<usize> {
    let mut data = ptr::null();
    // SAFETY: the handle came from libpam for the hook that is running, `name` ends with NUL, and `data` is a place for
    // one pointer. The pointer is a number in disguise (`set_number`) and never followed.
    let code = unsafe { pam_get_data(handle(pam), name.as_ptr(), &mut data) };
    (code == PAM_SUCCESS).then(|| data.addr())
}

/// Keeps a number on this handle under `name`, in place of the one before. The error is libpam's code.
pub fn set_number(pam: &Pam, name: &CStr, number: usize) -> Result<(), c_int> {
    // SAFETY: as in `number`; libpam copies the name and hands the pointer to nobody but `number` and `clean_up`.
    let data = ptr::without_provenance_mut(number);
    match unsafe { pam_set_data(handle(pam), name.as_ptr(), data, Some(clean_up)) } {
        PAM_SUCCESS => Ok(()),
        code => Err(code),
    }
}

/// Of a number nothing remains to be freed. libpam calls it before it unloads the module.
unsafe extern "C" fn clean_up(_: *const c_void, _: *mut c_void, _: c_int) {}

fn item(pam: &Pam, which: c_int) -> Option<NonNull<c_void>> {
    let mut item = ptr::null();
    // SAFETY: the handle came from libpam for the hook that is running, and `item` is a place for one pointer.
    let code = unsafe { pam_get_item(handle(pam), which, &mut item) };
    NonNull::new(item.cast_mut()).filter(|_| code == PAM_SUCCESS)
}

fn handle(pam: &Pam) -> *const c_void {
    // SAFETY: `Pam` is `repr(transparent)` over the handle, a `*const c_void` (pamsm is pinned to the version that was
    // read), and the reference is valid for this read.
    unsafe { *ptr::from_ref(pam).cast::<*const c_void>() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r11_a_response_is_zeroed_to_its_end_or_to_the_bound() {
        for (length, zeroed) in [(0, 0), (1, 1), (512, 512), (513, 513), (600, 513)] {
            let mut text = vec![b'x'; length];
            text.extend(b"\0beyond");
            // SAFETY: the text is writable and ends with NUL.
            unsafe { wipe(text.as_mut_ptr().cast()) };
            let (head, tail) = text.split_at(zeroed);
            assert!(head.iter().all(|byte| *byte == 0), "{length}");
            let rest = [vec![b'x'; length - zeroed], b"\0beyond".to_vec()].concat();
            assert_eq!(tail, rest, "{length}");
        }
    }
}
