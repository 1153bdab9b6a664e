//! What is said to the user: one prompt, and one line of information at most (R11). Never while a connection to the
//! daemon is open, so that no camera waits for a person at a keyboard.

use std::ffi::CString;

use pamsm::{Pam, PamLibExt};

use crate::ffi::{self, Style, TalkError};

/// SDDM knows a password prompt by this word.
const PROMPT: &std::ffi::CStr = c"Password, or Enter to use your face: ";

/// How the user answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// With an empty line; `PAM_AUTHTOK` is NULL.
    Face,
    /// With a password, now in `PAM_AUTHTOK` for the next module.
    Password,
    /// A module before this one has asked for the password; it is left where it is.
    PasswordThere,
}

/// Why there is no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Nobody could be asked.
    #[error("the prompt failed: {0}")]
    Talk(#[from] TalkError),
    /// libpam takes or gives no `PAM_AUTHTOK`.
    #[error("PAM_AUTHTOK cannot be read or set")]
    Authtok,
}

/// Password or face: asks once. `PAM_SILENT` forbids no prompt.
pub fn prompt(pam: &Pam) -> Result<Choice, PromptError> {
    let before = pam.get_cached_authtok().map_err(|_| PromptError::Authtok)?;
    if before.is_some_and(|password| !password.is_empty()) {
        return Ok(Choice::PasswordThere);
    }
    let response = ffi::converse(pam, Style::Hidden, PROMPT)?;
    let typed = response.text()?;
    // NULL, not empty: `pam_unix nullok` takes an empty password for one that was typed.
    let password = (!typed.is_empty()).then_some(typed);
    ffi::set_authtok(pam, password).map_err(|_| PromptError::Authtok)?;
    Ok(match password {
        Some(_) => Choice::Password,
        None => Choice::Face,
    })
}

/// Shows a line. Whether it arrives changes nothing.
pub fn tell(pam: &Pam, line: &str) {
    if let Ok(line) = CString::new(line) {
        let _ = ffi::converse(pam, Style::Info, &line);
    }
}
