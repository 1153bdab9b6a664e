//! What the tool sees of the machine itself, for what it reads there: PAM's services and the folder of its modules are a
//! test's own, laid over this machine's in the namespace of that one process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::cli::{Ran, run};
use super::{SERVICES, System};
use crate::bins;

/// A stack that asks for the face and then for the password.
pub const FACE_THEN_PASSWORD: &str = "auth sufficient pam_facelogin.so\nauth required pam_unix.so\n";

impl System {
    /// A machine on which facelogin is installed and every service that the configuration turns on asks for the face.
    pub fn install(&self) {
        let (services, modules) = (self.folder("pam.d"), self.folder("modules"));
        for service in SERVICES {
            fs::write(services.join(service), FACE_THEN_PASSWORD).unwrap();
        }
        for name in ["pam_unix.so", "pam_deny.so"] {
            fs::copy(pam_folder().join(name), modules.join(name)).unwrap();
        }
        let module = self.installed_module();
        fs::copy(bins::module(), &module).unwrap();
        fs::set_permissions(module, PermissionsExt::from_mode(0o644)).unwrap();
    }

    /// The PAM module, as it is installed.
    pub fn installed_module(&self) -> PathBuf {
        self.path("modules").join("pam_facelogin.so")
    }

    /// A service's file.
    pub fn service_file(&self, service: &str) -> PathBuf {
        self.path("pam.d").join(service)
    }

    /// Runs `facelogin-enroll doctor` there, as root or as somebody else.
    #[track_caller]
    pub fn doctor(&self, uid: Option<u32>, arguments: &[&str]) -> Ran {
        let lay =
            "mount --bind \"$1\" /etc/pam.d && mount --bind \"$2\" \"$3\" || exit 99; shift 3; exec \"$@\"";
        let tool = self.command(
            self.reachable(&bins::enroll()),
            &[&["doctor"], arguments].concat(),
        );
        let mut command = Command::new("unshare");
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .args(["--mount", "sh", "-c", lay, "sh"])
            .args([self.path("pam.d"), self.path("modules"), pam_folder()]);
        if let Some(uid) = uid {
            let id = uid.to_string();
            command.args(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
        }
        command.arg(tool.get_program()).args(tool.get_args());
        command.stdin(std::process::Stdio::null()).current_dir("/");
        run(command)
    }
}

/// Where this machine's libpam has its modules.
fn pam_folder() -> PathBuf {
    let multiarch = fs::read_dir("/usr/lib").unwrap().flatten();
    let folders = multiarch.map(|entry| entry.path().join("security"));
    let others = ["/usr/lib64/security", "/usr/lib/security"].map(PathBuf::from);
    let mut all = folders.chain(others);
    all.find(|folder| folder.join("pam_unix.so").is_file())
        .expect("libpam's modules must be installed: apt-get install libpam-modules")
}
