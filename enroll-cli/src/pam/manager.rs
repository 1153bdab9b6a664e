//! Who else writes the stacks: pam-auth-update, authselect, or nobody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::root::Root;

/// Debian's and Ubuntu's.
pub const PAM_AUTH_UPDATE: &str = "/usr/sbin/pam-auth-update";

/// Its profile of this project, without which there is nothing to turn on.
pub const PROFILE: &str = "/usr/share/pam-configs/facelogin";

/// All profiles of this project: a profile has lines in one block only, and taking note of a typed password comes after
/// the password. They go on and off together.
const PROFILES: [&str; 2] = ["facelogin", "facelogin-password"];

/// Where profiles are.
const PROFILE_FOLDER: &str = "/usr/share/pam-configs";

/// The folder that authselect's files point into.
const AUTHSELECT: &str = "/etc/authselect";

/// What pam-auth-update reads and writes.
const FOLDERS: [&str; 6] = [
    "/etc/pam.d",
    "/usr/lib/pam.d",
    "/usr/etc/pam.d",
    "/usr/share/pam.d",
    PROFILE_FOLDER,
    "/var/lib/pam",
];

/// Who manages the stacks of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// `pam-auth-update` puts profiles together.
    PamAuthUpdate,
    /// authselect's profiles; its files are not to be edited.
    Authselect,
    /// The administrator edits them.
    Nobody,
}

impl Manager {
    /// Told by the files that are there.
    pub fn of(root: &Root) -> Self {
        if root.exists(PAM_AUTH_UPDATE) {
            Self::PamAuthUpdate
        } else if root.exists("/etc/authselect/authselect.conf") {
            Self::Authselect
        } else {
            Self::Nobody
        }
    }
}

/// Whether authselect would overwrite the file.
pub fn is_authselects(file: &Path) -> bool {
    file.starts_with(AUTHSELECT)
}

/// Why pam-auth-update did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{PAM_AUTH_UPDATE} cannot be run: {0}")]
    NotRun(io::Error),
    #[error("{PAM_AUTH_UPDATE} failed: {0}")]
    Failed(String),
    #[error("the files for a trial cannot be copied: {0}")]
    NoTrial(io::Error),
    #[error("{}: it is a link, or behind one, and {PAM_AUTH_UPDATE} would follow it out of the image", .0.display())]
    LeadsOut(PathBuf),
}

/// What the profile shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    On,
    Off,
}

/// Runs pam-auth-update on the system itself.
pub fn apply(root: &Root, profile: Profile) -> Result<(), ToolError> {
    if root.is_machine() {
        return run(root, profile, None);
    }
    // An image: what this machine's debconf knows is none of its business.
    let own = tempfile::tempdir_in("/tmp").map_err(ToolError::NoTrial)?;
    run(root, profile, Some(own.path()))
}

/// A copy of the system's stacks on which pam-auth-update has run. It is gone when dropped.
pub struct Trial {
    folder: tempfile::TempDir,
}

impl Trial {
    pub fn of(root: &Root, profile: Profile) -> Result<Self, ToolError> {
        let folder = tempfile::tempdir_in("/tmp").map_err(ToolError::NoTrial)?;
        let trial = Self { folder };
        let system = trial.folder.path().join("root");
        for name in FOLDERS {
            copy(root, Path::new(name), &system).map_err(ToolError::NoTrial)?;
        }
        let marker = system.join(PAM_AUTH_UPDATE.trim_start_matches('/'));
        fs::create_dir_all(marker.parent().unwrap_or(&system)).map_err(ToolError::NoTrial)?;
        fs::write(marker, "").map_err(ToolError::NoTrial)?;
        run(&trial.root(), profile, Some(trial.folder.path()))?;
        Ok(trial)
    }

    /// The copy.
    pub fn root(&self) -> Root {
        Root::at(&self.folder.path().join("root"))
    }
}

/// The regular files of a folder, links followed inside the system.
fn copy(root: &Root, folder: &Path, to: &Path) -> io::Result<()> {
    let Some(names) = root.entries(folder) else {
        return Ok(());
    };
    let target = to.join(folder.strip_prefix("/").unwrap_or(folder));
    fs::create_dir_all(&target)?;
    for name in names {
        if let Ok(contents) = root.read(&folder.join(&name)) {
            fs::write(target.join(&name), contents)?;
        }
    }
    Ok(())
}

/// pam-auth-update knows no root when it follows a link: in an image no folder and no file of its own may be one.
fn leads_out(root: &Root) -> Option<PathBuf> {
    const ITS_OWN: [&str; 3] = ["/etc/pam.d", "/var/lib/pam", PROFILE_FOLDER];
    let is_link = |path: &PathBuf| root.resolve(path).ok().as_ref() != Some(path);
    ITS_OWN.iter().map(Path::new).find_map(|folder| {
        let files = root.entries(folder).unwrap_or_default().into_iter();
        let files = files.map(|name| folder.join(name)).filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            folder != Path::new(ITS_OWN[0]) || name.starts_with("common-")
        });
        std::iter::once(folder.to_path_buf()).chain(files).find(is_link)
    })
}

/// What turns the profiles off by hand.
pub fn by_hand() -> String {
    format!("sudo pam-auth-update --remove {}", PROFILES.join(" "))
}

/// Whether pam-auth-update says that a profile of this project is on.
pub fn is_on(root: &Root) -> bool {
    let saved = root.read(Path::new("/var/lib/pam/auth")).unwrap_or_default();
    let saved = String::from_utf8_lossy(&saved);
    let mut modules = saved.lines().filter_map(|line| line.strip_prefix("Module: "));
    modules.any(|name| PROFILES.contains(&name))
}

/// The files that pam-auth-update may change, as they are: for the way back.
pub fn written_files(root: &Root) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["/etc/pam.d", "/var/lib/pam"] {
        let folder = Path::new(folder);
        for name in root.entries(folder).unwrap_or_default() {
            let its_own = folder.ends_with("lib/pam") || name.to_string_lossy().starts_with("common-");
            if its_own
                && let Ok(path) = root.inside(&folder.join(&name))
                && let Ok(contents) = fs::read(&path)
            {
                files.push((path, contents));
            }
        }
    }
    files
}

/// Never asks; with `debconf` it keeps its answers there, and leaves this machine's alone.
fn run(root: &Root, profile: Profile, debconf: Option<&Path>) -> Result<(), ToolError> {
    let mut command = Command::new(PAM_AUTH_UPDATE);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    if let Some(folder) = debconf {
        command.env(
            "DEBCONF_SYSTEMRC",
            own_debconf(folder).map_err(ToolError::NoTrial)?,
        );
    }
    if !root.is_machine() {
        if let Some(link) = leads_out(root) {
            return Err(ToolError::LeadsOut(link));
        }
        command.arg("--root").arg(root.folder());
    }
    match profile {
        Profile::On => {
            let there = PROFILES
                .iter()
                .filter(|name| root.exists(&format!("{PROFILE_FOLDER}/{name}")));
            command.arg("--enable").args(there);
        }
        // What every version knows, and enough: they are off by default.
        Profile::Off => {
            command.arg("--remove").args(PROFILES);
        }
    }
    let output = command.output().map_err(ToolError::NotRun)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(ToolError::Failed(
        last.unwrap_or("it said nothing").trim().to_owned(),
    ))
}

/// A debconf of two files in `folder`.
fn own_debconf(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("debconf.conf");
    let shown = folder.display();
    let text = format!(
        "Config: configdb\nTemplates: templatedb\n\n\
         Name: configdb\nDriver: File\nFilename: {shown}/config.dat\n\n\
         Name: templatedb\nDriver: File\nFilename: {shown}/templates.dat\n"
    );
    fs::write(&path, text)?;
    Ok(path)
}
