//! Loads the PAM module as libpam does, to see whether it can be.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::libc;

/// What libpam looks up in a module for `auth`.
const HOOKS: [&CStr; 2] = [c"pam_sm_authenticate", c"pam_sm_setcred"];

/// Loads the module and takes it out again; what was wrong.
///
/// A file that ends too early kills the process that loads it: this is for a child.
pub fn load(path: &Path) -> Result<(), String> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|why| why.to_string())?;
    // SAFETY: the path ends with NUL and lives through the call. What the file runs when it is loaded is what every login
    // program of this machine runs; the caller has seen that only root can have written it.
    let module = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if module.is_null() {
        return Err(complaint());
    }
    let missing = HOOKS.iter().find(|hook| {
        // SAFETY: the handle came from dlopen above and is still open; the name ends with NUL. The address is not used.
        unsafe { libc::dlsym(module, hook.as_ptr()) }.is_null()
    });
    // SAFETY: the handle came from dlopen above and is not used after this.
    unsafe { libc::dlclose(module) };
    match missing {
        Some(hook) => Err(format!("it has no {}", hook.to_string_lossy())),
        None => Ok(()),
    }
}

fn complaint() -> String {
    // SAFETY: dlerror returns NULL or a text that stays until the next dl call of this thread, of which there is none
    // before it is copied.
    let said = unsafe { libc::dlerror() };
    if said.is_null() {
        return "the loader does not say why".into();
    }
    // SAFETY: not NULL, see above; it ends with NUL.
    unsafe { CStr::from_ptr(said) }.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_says_why() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a library").unwrap();
        let why = load(file.path()).unwrap_err();
        assert!(why.contains(file.path().to_str().unwrap()), "{why}");
        // A library, and no module of PAM's.
        assert_eq!(
            load(Path::new("libc.so.6")).unwrap_err(),
            "it has no pam_sm_authenticate"
        );
    }
}
