//! libpam as an application sees it (`pam_appl.h`). The only unsafe code of the PAM host.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use nix::libc;

use super::{Answer, Message, Style};

/// What libpam calls when a module wants to talk to the user; `Box`ed twice, so that a thin pointer names it.
pub type Talk = Box<dyn FnMut(&Message) -> Answer>;

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
    callback: Option<Callback>,
    data: *mut c_void,
}

#[repr(C)]
struct PamHandle {
    _opaque: [u8; 0],
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_start_confdir(
        service: *const c_char,
        user: *const c_char,
        conv: *const PamConv,
        confdir: *const c_char,
        handle: *mut *mut PamHandle,
    ) -> c_int;
    fn pam_end(handle: *mut PamHandle, status: c_int) -> c_int;
    fn pam_set_item(handle: *mut PamHandle, item: c_int, value: *const c_void) -> c_int;
    fn pam_get_item(handle: *const PamHandle, item: c_int, value: *mut *const c_void) -> c_int;
    fn pam_authenticate(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_setcred(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_acct_mgmt(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_open_session(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_close_session(handle: *mut PamHandle, flags: c_int) -> c_int;
    fn pam_chauthtok(handle: *mut PamHandle, flags: c_int) -> c_int;
}

/// The calls that take a handle and flags.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// `pam_authenticate`.
    Authenticate,
    /// `pam_setcred`.
    SetCred,
    /// `pam_acct_mgmt`.
    AcctMgmt,
    /// `pam_open_session`.
    OpenSession,
    /// `pam_close_session`.
    CloseSession,
    /// `pam_chauthtok`.
    ChAuthTok,
}

/// One PAM transaction.
pub struct Transaction {
    handle: *mut PamHandle,
    // libpam keeps a pointer to it until `pam_end`.
    talk: *mut Talk,
    last: c_int,
}

impl Transaction {
    /// `pam_start_confdir`, without `talk` with a conversation that has no function; the error is its code.
    pub fn start(
        service: &CStr,
        user: Option<&CStr>,
        confdir: &CStr,
        talk: Option<Talk>,
    ) -> Result<Self, i32> {
        let callback: Option<Callback> = talk.is_some().then_some(converse);
        let talk = talk.map_or(ptr::null_mut(), |talk| Box::into_raw(Box::new(talk)));
        let conv = PamConv {
            callback,
            data: talk.cast(),
        };
        let mut handle = ptr::null_mut();
        // SAFETY: the strings end with NUL and live through the call, libpam copies them and `conv`; `talk` lives until
        // after `pam_end`.
        let code = unsafe {
            pam_start_confdir(
                service.as_ptr(),
                user.map_or(ptr::null(), CStr::as_ptr),
                &conv,
                confdir.as_ptr(),
                &mut handle,
            )
        };
        let transaction = Self {
            handle,
            talk,
            last: code,
        };
        if code == 0 { Ok(transaction) } else { Err(code) }
    }

    /// `pam_set_item` of a string item.
    pub fn set_item(&mut self, item: c_int, value: Option<&CStr>) -> i32 {
        // SAFETY: the handle is live until `drop`; libpam copies the string.
        unsafe {
            pam_set_item(
                self.handle,
                item,
                value.map_or(ptr::null(), |v| v.as_ptr().cast()),
            )
        }
    }

    /// `pam_get_item` of a string item.
    pub fn item(&self, item: c_int) -> Option<CString> {
        let mut value = ptr::null();
        // SAFETY: the handle is live until `drop`, and `value` is a place for one pointer.
        let code = unsafe { pam_get_item(self.handle, item, &mut value) };
        // SAFETY: a string item is NULL or libpam's own NUL-ended copy, which is copied at once.
        (code == 0 && !value.is_null()).then(|| unsafe { CStr::from_ptr(value.cast()) }.to_owned())
    }

    /// One call of the application's side.
    pub fn call(&mut self, call: Call, flags: c_int) -> i32 {
        let function = match call {
            Call::Authenticate => pam_authenticate,
            Call::SetCred => pam_setcred,
            Call::AcctMgmt => pam_acct_mgmt,
            Call::OpenSession => pam_open_session,
            Call::CloseSession => pam_close_session,
            Call::ChAuthTok => pam_chauthtok,
        };
        // SAFETY: the handle is live until `drop`, and `&mut self` keeps other calls away.
        self.last = unsafe { function(self.handle, flags) };
        self.last
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the handle came from `pam_start_confdir` and is not used after this.
            unsafe { pam_end(self.handle, self.last) };
        }
        if !self.talk.is_null() {
            // SAFETY: it came from `Box::into_raw`, and libpam, which had the other pointer, has let go of it.
            drop(unsafe { Box::from_raw(self.talk) });
        }
    }
}

/// PAM_CONV_ERR.
const CONV_ERR: c_int = 19;

unsafe extern "C" fn converse(
    count: c_int,
    messages: *mut *const PamMessage,
    responses: *mut *mut PamResponse,
    data: *mut c_void,
) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: `data` is the `talk` of `Transaction::start`, which outlives the handle, and libpam is in one call at a
    // time.
    let talk = unsafe { &mut *data.cast::<Talk>() };
    // SAFETY: zeroed responses are valid responses; modules free them with free(3).
    let array = unsafe { libc::calloc(count.max(1), size_of::<PamResponse>()) }.cast::<PamResponse>();
    let mut code = 0;
    for index in 0..count {
        // SAFETY: Linux-PAM passes an array of `count` pointers to messages, whose texts end with NUL.
        let message = unsafe {
            let message = &**messages.add(index);
            Message {
                style: Style::from(message.style),
                text: CStr::from_ptr(message.text).to_string_lossy().into_owned(),
            }
        };
        // A panic must not cross libpam's frames.
        let answer = catch_unwind(AssertUnwindSafe(|| talk(&message))).unwrap_or(Answer::Fail);
        match answer {
            // SAFETY: `index` is below the length of `array`; strdup's copy is freed by the module.
            Answer::Text(text) => unsafe { (*array.add(index)).text = libc::strdup(text.as_ptr()) },
            Answer::Null => {}
            Answer::NoResponses => {
                code = -1;
                break;
            }
            Answer::Fail => {
                code = CONV_ERR;
                break;
            }
        }
    }
    if code == 0 {
        // SAFETY: `responses` is the place libpam wants the array at.
        unsafe { *responses = array };
        return 0;
    }
    // SAFETY: `array` has `count` responses, each NULL or from strdup, and nobody else has seen it.
    unsafe {
        for index in 0..count {
            libc::free((*array.add(index)).text.cast());
        }
        libc::free(array.cast());
        *responses = ptr::null_mut();
    }
    code.max(0)
}
