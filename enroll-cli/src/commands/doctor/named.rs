//! By which names PAM's stacks load the module, and which services do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::commands::pam::status::INCLUDED;
use crate::pam::lines::{Words, lines};
use crate::pam::modules::FACELOGIN;
use crate::pam::root::Root;
use crate::pam::stack::{Facility, Place, load};

/// The service whose file libpam reads with every other's, and whose modules it loads with theirs.
pub const OTHER: &str = "other";

/// Services by the name they load the module by: its file's alone, for the one in libpam's folder, or a whole path.
#[derive(Debug, Default)]
pub struct Named(BTreeMap<String, BTreeSet<String>>);

impl Named {
    /// By all stacks of a system. libpam loads what any of a service's four stacks names, whichever it then walks.
    pub fn of(root: &Root) -> Self {
        let mut named = Self::default();
        for service in root.services() {
            if INCLUDED.contains(&service.as_str()) {
                continue;
            }
            for name in names(root, &service) {
                named.0.entry(name).or_default().insert(service.clone());
            }
        }
        named
    }

    /// Each name once; the module's own where no stack has any.
    pub fn names(&self) -> Vec<&str> {
        match self.0.is_empty() {
            true => vec![FACELOGIN],
            false => self.0.keys().map(String::as_str).collect(),
        }
    }

    /// Whether a stack loads the module by this name, or would.
    pub fn has(&self, name: &str) -> bool {
        name == FACELOGIN || self.0.contains_key(name)
    }

    /// The services that load it by this name.
    pub fn services(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }
}

fn names(root: &Root, service: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for facility in Facility::ALL {
        match load(root, service, facility) {
            Ok(stack) => names.extend(stack.iter().filter_map(|handler| named_at(root, &handler.place))),
            // Rather one too many than one too few.
            Err(_) => {
                let file = root.service_file(service, false);
                let text = file.and_then(|file| root.read(&file).ok()).unwrap_or_default();
                if String::from_utf8_lossy(&text).contains(FACELOGIN) {
                    names.insert(FACELOGIN.to_owned());
                }
            }
        }
    }
    names
}

/// The word of a line that is the module's path.
fn named_at(root: &Root, place: &Place) -> Option<String> {
    let text = root.read(&place.file).ok()?;
    let lines = lines(text.get(place.bytes.clone())?).ok()?;
    let is_face = |word: &String| {
        Path::new(word.as_str())
            .file_name()
            .is_some_and(|name| name == FACELOGIN)
    };
    lines
        .iter()
        .find_map(|line| Words::of(&line.text).skip(1).find(is_face))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn services_that_load_the_module_are_known_by_the_name_they_load_it_by() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("etc/pam.d");
        fs::create_dir_all(&folder).unwrap();
        let root = Root::at(dir.path());
        assert_eq!(Named::of(&root).names(), [FACELOGIN]);
        for (service, text) in [
            (
                "login",
                "auth sufficient pam_facelogin.so\nauth required pam_unix.so\n",
            ),
            // It is loaded though its stack is not the one that asks.
            (
                "su",
                "auth required pam_unix.so\nsession optional pam_facelogin.so note_password\n",
            ),
            (
                "sudo",
                "auth [success=done \\\n default=ignore] /nix/store/x/lib/security/pam_facelogin.so\n",
            ),
            ("gdm", "auth include common-auth\n"),
            (
                "common-auth",
                "-auth sufficient pam_facelogin.so\nauth required pam_unix.so\n",
            ),
            ("sshd", "# pam_facelogin.so\nauth required pam_unix.so\n"),
        ] {
            fs::write(folder.join(service), text).unwrap();
        }
        let named = Named::of(&root);
        assert_eq!(
            named.names(),
            ["/nix/store/x/lib/security/pam_facelogin.so", FACELOGIN]
        );
        let of = |name| named.services(name).collect::<Vec<_>>();
        assert_eq!(of(FACELOGIN), ["gdm", "login", "su"]);
        assert_eq!(of("/nix/store/x/lib/security/pam_facelogin.so"), ["sudo"]);
        assert!(named.has(FACELOGIN) && !named.has("/tmp/pam_facelogin.so"));
        // What cannot be read as a stack may load it all the same.
        fs::write(folder.join("odd"), "auth include odd\n# pam_facelogin.so\n").unwrap();
        assert!(
            Named::of(&root)
                .services(FACELOGIN)
                .any(|service| service == "odd")
        );
    }
}
