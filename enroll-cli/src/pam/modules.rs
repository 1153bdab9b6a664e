//! What is known of modules by name: what they return to an ordinary user in the ordinary case.
//!
//! The codes are those of the modules' manual pages (section RETURN VALUES) and sources; where more than one is
//! ordinary, all are tried. A module that is not here may succeed, be ignored or fail, and all three are tried.

use super::code::{self, Code};

/// The file name of this project's module.
pub const FACELOGIN: &str = "pam_facelogin.so";

/// The argument with which it only notes that a password was typed: it asks nobody and never matches.
pub const NOTE: &str = "note_password";

/// Whether a line of pam.d names this project's module: as its module, or with a word missing, a bracket left open or
/// ".so" forgotten, so that libpam fails at it. `words` are those that libpam makes of `text`.
pub fn is_ours(words: &[String], text: &str) -> bool {
    let names = |at: usize| words.get(at).is_some_and(|word| is_face(word));
    let includes = words.get(1).is_some_and(|word| {
        let word = word.to_ascii_lowercase();
        word == "include" || word == "substack"
    });
    let forgotten = words
        .get(2)
        .is_some_and(|word| word.rsplit('/').next() == Some("pam_facelogin"));
    names(2) || names(1) || (forgotten && !includes) || (words.len() < 3 && text.contains(FACELOGIN))
}

/// Whether a path is the module's.
fn is_face(path: &str) -> bool {
    // A line end of another system stays with the word.
    path.trim_end_matches('\r').rsplit('/').next() == Some(FACELOGIN)
}

/// What a module means to the question whether a face or a password suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// This project's module, asking for a face.
    Face,
    /// The same, only taking note of a typed password.
    Note,
    /// A module that checks the password.
    Password,
    /// Anything else: what it may return.
    Other(Vec<Code>),
}

/// What `name` with `arguments` does in `auth`.
pub fn role(name: &str, arguments: &[String]) -> Role {
    use code::{AUTH_ERR, AUTHINFO_UNAVAIL, IGNORE, PERM_DENIED, SUCCESS, USER_UNKNOWN};
    let has = |argument: &str| arguments.iter().any(|given| given == argument);
    let short = name.strip_suffix(".so").unwrap_or(name);
    let codes: &[Code] = match short {
        "pam_facelogin" if has(NOTE) => return Role::Note,
        "pam_facelogin" => return Role::Face,
        // pam_sss with a certificate only does not ask for a password.
        "pam_sss" if has("require_cert_auth") || has("try_cert_auth") => {
            &[USER_UNKNOWN, AUTHINFO_UNAVAIL, SUCCESS]
        }
        "pam_unix"
        | "pam_unix2"
        | "pam_sss"
        | "pam_winbind"
        | "pam_ldap"
        | "pam_krb5"
        | "pam_systemd_home"
        | "pam_ecryptfs_unlock"
        | "pam_tcb"
        | "pam_pwdb"
        | "pam_userdb"
        | "pam_himmelblau"
        | "pam_kanidm"
        | "pam_aad"
        | "pam_extrausers"
        | "pam_opie"
        | "pam_lsass" => return Role::Password,
        "pam_permit" => &[SUCCESS],
        "pam_deny" => &[AUTH_ERR],
        "pam_warn" | "pam_echo" | "pam_cap" | "pam_keyinit" | "pam_issue" => &[IGNORE, SUCCESS],
        "pam_debug" => return Role::Other(vec![debug(arguments)]),
        "pam_faillock" if has("authfail") => &[AUTH_ERR],
        "pam_faillock" if has("authsucc") => &[SUCCESS],
        // Before the password: let through, or locked out.
        "pam_faillock" | "pam_tally2" => &[SUCCESS, IGNORE, AUTH_ERR],
        // Not root: these are questions about an ordinary user.
        "pam_rootok" => &[AUTH_ERR],
        // About the user or the service: either answer is ordinary.
        "pam_localuser" | "pam_succeed_if" | "pam_usertype" | "pam_wheel" | "pam_listfile" | "pam_access"
        | "pam_time" | "pam_securetty" | "pam_shells" | "pam_timestamp" | "pam_rhosts" => {
            &[SUCCESS, AUTH_ERR, IGNORE]
        }
        "pam_nologin" => &[IGNORE, SUCCESS, AUTH_ERR],
        "pam_sepermit" | "pam_selinux_permit" => &[IGNORE, SUCCESS, AUTH_ERR],
        "pam_env" | "pam_group" | "pam_faildelay" | "pam_umask" => &[SUCCESS, IGNORE],
        // They keep a typed password for later, and have nothing to keep after a face.
        "pam_gnome_keyring" | "pam_kwallet" | "pam_kwallet5" | "pam_ssh_add" | "pam_mount"
        | "pam_ecryptfs" | "pam_fscrypt" | "pam_gdm" => &[SUCCESS, IGNORE, PERM_DENIED],
        // Other ways in: they let in by themselves, or not.
        "pam_fprintd"
        | "pam_u2f"
        | "pam_pkcs11"
        | "pam_p11"
        | "pam_yubico"
        | "pam_ssh_agent_auth"
        | "pam_howdy"
        | "pam_google_authenticator"
        | "pam_oath"
        | "pam_sss_gss"
        | "pam_exec"
        | "pam_python"
        | "pam_script" => &[AUTHINFO_UNAVAIL, SUCCESS],
        _ => &[SUCCESS, IGNORE, AUTH_ERR],
    };
    Role::Other(codes.to_vec())
}

/// Whether a module that does not check a password may yet ask for one, or hand one on.
pub fn may_ask(name: &str) -> bool {
    const NEVER: [&str; 38] = [
        "pam_access",
        "pam_cap",
        "pam_debug",
        "pam_deny",
        "pam_echo",
        "pam_ecryptfs",
        "pam_env",
        "pam_faildelay",
        "pam_faillock",
        "pam_fprintd",
        "pam_fscrypt",
        "pam_gdm",
        "pam_gnome_keyring",
        "pam_group",
        "pam_howdy",
        "pam_issue",
        "pam_keyinit",
        "pam_kwallet",
        "pam_kwallet5",
        "pam_listfile",
        "pam_localuser",
        "pam_nologin",
        "pam_permit",
        "pam_rhosts",
        "pam_rootok",
        "pam_securetty",
        "pam_selinux_permit",
        "pam_sepermit",
        "pam_shells",
        "pam_ssh_agent_auth",
        "pam_succeed_if",
        "pam_tally2",
        "pam_time",
        "pam_timestamp",
        "pam_umask",
        "pam_usertype",
        "pam_warn",
        "pam_wheel",
    ];
    !NEVER.contains(&name.strip_suffix(".so").unwrap_or(name))
}

/// `pam_debug.so auth=CODE`.
fn debug(arguments: &[String]) -> Code {
    let named = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("auth="));
    let place = named.and_then(|word| code::WORDS.iter().position(|known| *known == word));
    place
        .and_then(|place| Code::try_from(place).ok())
        .unwrap_or(code::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_no_face_and_an_unknown_module_may_do_anything() {
        assert_eq!(role(FACELOGIN, &[]), Role::Face);
        assert_eq!(role(FACELOGIN, &["debug".into(), NOTE.into()]), Role::Note);
        assert_eq!(role("pam_unix.so", &["nullok".into()]), Role::Password);
        let Role::Other(codes) = role("pam_of_next_year.so", &[]) else {
            panic!("a stranger has no role");
        };
        assert!(codes.contains(&code::SUCCESS) && codes.contains(&code::IGNORE));
        assert_eq!(
            role("pam_debug.so", &["auth=maxtries".into()]),
            Role::Other(vec![code::MAXTRIES])
        );
    }
}
