//! Conversation functions that break their contract, as far as C gives what they do a meaning.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::thread::sleep;
use std::time::Duration;

use nix::libc;
use serde::{Deserialize, Serialize};

use super::case::Talk;
use crate::pam_host::{PamHandle, PamHost};

/// What the host's conversation function does with any message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conversation {
    /// There is none: its pointer is NULL.
    Absent,
    /// Returns this code and touches nothing.
    Code(i32),
    /// Returns `PAM_CONV_ERR`, and leaves a pointer to nowhere where the responses belong.
    FailureWithGarbage,
    /// Returns success and touches nothing.
    NoResponses,
    /// Returns success and a response whose text is NULL.
    NullText,
    /// Answers these bytes, without NUL.
    Text(Vec<u8>),
    /// Answers this byte, this many times.
    Long(u8, usize),
    /// Answers these bytes, with a return code in the response that means nothing.
    TextWithCode(Vec<u8>),
    /// Answers these bytes after so many milliseconds.
    Slow(u64, Vec<u8>),
}

#[repr(C)]
struct PamMessage {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct PamResponse {
    text: *mut c_char,
    code: c_int,
}

type Callback =
    unsafe extern "C" fn(c_int, *const *const PamMessage, *mut *mut PamResponse, *mut c_void) -> c_int;

#[repr(C)]
struct PamConv {
    callback: Option<Callback>,
    data: *mut c_void,
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_set_item(handle: *mut PamHandle, item: c_int, value: *const c_void) -> c_int;
}

/// `PAM_CONV` of `_pam_types.h`.
const PAM_CONV: c_int = 5;
/// `PAM_CONV_ERR` of `_pam_types.h`.
const PAM_CONV_ERR: c_int = 19;

/// How many talks are kept: enough for any one call, and no memory for all of a hundred.
const KEPT: usize = 8;

struct Stage {
    conversation: Conversation,
    talks: Vec<Talk>,
}

/// A PAM host whose conversation is a hostile one.
pub struct HostileHost {
    // Dropped first: libpam has a pointer to the stage until `pam_end`.
    host: PamHost,
    stage: *mut Stage,
}

impl HostileHost {
    /// Gives `host` the conversation.
    pub fn new(mut host: PamHost, conversation: Conversation) -> Result<Self, i32> {
        let absent = conversation == Conversation::Absent;
        let stage = Box::into_raw(Box::new(Stage {
            conversation,
            talks: Vec::new(),
        }));
        let conv = PamConv {
            callback: (!absent).then_some(converse as Callback),
            data: stage.cast(),
        };
        // SAFETY: the handle is live, libpam copies `conv`, and the stage outlives the handle.
        let code = unsafe { pam_set_item(host.handle(), PAM_CONV, ptr::from_ref(&conv).cast()) };
        let hostile = Self { host, stage };
        if code == 0 { Ok(hostile) } else { Err(code) }
    }

    /// The host, for its calls.
    pub fn host(&mut self) -> &mut PamHost {
        &mut self.host
    }

    /// `pam_end`, and what the modules said.
    pub fn end(self) -> Vec<Talk> {
        let Self { host, stage } = self;
        drop(host);
        // SAFETY: it came from `Box::into_raw`, and libpam, which had the other pointer, is done.
        unsafe { Box::from_raw(stage) }.talks
    }
}

unsafe extern "C" fn converse(
    count: c_int,
    messages: *const *const PamMessage,
    responses: *mut *mut PamResponse,
    data: *mut c_void,
) -> c_int {
    // SAFETY: `data` is the stage of `HostileHost::new`, which outlives the handle; one call at a time.
    let stage = unsafe { &mut *data.cast::<Stage>() };
    // SAFETY: Linux-PAM passes `count` pointers to messages whose texts end with NUL; the first is read if there is one.
    let talk = unsafe {
        let first = if count > 0 { (*messages).as_ref() } else { None };
        Talk {
            count,
            style: first.map_or(0, |message| message.style),
            text: first.map_or(String::new(), |message| {
                CStr::from_ptr(message.text).to_string_lossy().into_owned()
            }),
        }
    };
    if stage.talks.len() < KEPT {
        stage.talks.push(talk);
    }
    let array = |text: *mut c_char, code: c_int| {
        let count = usize::try_from(count).unwrap_or(0).max(1);
        // SAFETY: zeroed responses are valid; the caller frees them, and their texts, with free(3).
        unsafe {
            let array = libc::calloc(count, size_of::<PamResponse>()).cast::<PamResponse>();
            *array = PamResponse { text, code };
            *responses = array;
        }
        0
    };
    match &stage.conversation {
        // Not called then.
        Conversation::Absent => PAM_CONV_ERR,
        Conversation::Code(code) => *code,
        Conversation::FailureWithGarbage => {
            // SAFETY: the place is libpam's; what stands in it after a failure means nothing.
            unsafe { *responses = ptr::without_provenance_mut(1) };
            PAM_CONV_ERR
        }
        Conversation::NoResponses => 0,
        Conversation::NullText => array(ptr::null_mut(), 0),
        Conversation::Text(bytes) => array(copied(bytes), 0),
        Conversation::Long(byte, length) => array(copied(&vec![*byte; *length]), 0),
        Conversation::TextWithCode(bytes) => array(copied(bytes), c_int::MIN),
        Conversation::Slow(pause, bytes) => {
            sleep(Duration::from_millis(*pause));
            array(copied(bytes), 0)
        }
    }
}

/// The bytes and a NUL, from malloc and exactly as long.
fn copied(bytes: &[u8]) -> *mut c_char {
    // SAFETY: the new block holds the bytes and their NUL.
    unsafe {
        let block = libc::malloc(bytes.len() + 1).cast::<u8>();
        ptr::copy_nonoverlapping(bytes.as_ptr(), block, bytes.len());
        *block.add(bytes.len()) = 0;
        block.cast()
    }
}
