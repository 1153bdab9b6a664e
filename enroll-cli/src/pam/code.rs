//! PAM's return codes, as numbers of `_pam_types.h` and as the words of a `[...]` control.

/// A return code, 0 to 31.
pub type Code = u8;

/// How many there are: `_PAM_RETURN_VALUES`.
pub const COUNT: usize = 32;

pub const SUCCESS: Code = 0;
pub const SERVICE_ERR: Code = 3;
pub const PERM_DENIED: Code = 6;
pub const AUTH_ERR: Code = 7;
pub const AUTHINFO_UNAVAIL: Code = 9;
pub const USER_UNKNOWN: Code = 10;
pub const MAXTRIES: Code = 11;
pub const NEW_AUTHTOK_REQD: Code = 12;
pub const CONV_ERR: Code = 19;
pub const IGNORE: Code = 25;
pub const MODULE_UNKNOWN: Code = 28;
/// A module that waits for the application; libpam ends the walk there.
pub const INCOMPLETE: Code = 31;

/// The words, in the order of the codes: `_pam_token_returns`.
pub const WORDS: [&str; COUNT] = [
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
];
