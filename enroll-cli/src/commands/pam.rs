//! `pam status`, `pam enable` and `pam disable`: which logins use the face, and turning it on and off without ever
//! locking anybody out.

mod allow;
mod disable;
mod enable;
pub mod status;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::edit::NotEdited;
use crate::pam::files::NotWritten;
use crate::pam::manager::ToolError;
use crate::pam::root::Root;
use crate::pam::stack::NotUnderstood;

/// The commands about PAM.
#[derive(Debug, Subcommand)]
pub enum PamCommand {
    /// Show for each login whether it uses the face, and if not, why. Needs no root, and no daemon. The exit code is 1
    /// when the face keeps the password from working somewhere, or its lines let anybody in.
    Status(SystemArg),
    /// Let services use the face, in the configuration and in PAM's stacks. Needs root.
    Enable {
        /// Names of PAM services, such as `sudo` or `gdm-password`.
        #[arg(required = true, value_name = "SERVICE")]
        services: Vec<String>,
        /// Write the lines into files that no tool manages; without it they are only shown, and the exit code is 1.
        #[arg(long)]
        apply: bool,
        /// Which system.
        #[command(flatten)]
        system: SystemArg,
    },
    /// Take the face away from services; with --all from every service and every stack, even when the configuration is
    /// broken or the daemon down. Needs root.
    Disable {
        /// Names of PAM services.
        #[arg(required_unless_present = "all", value_name = "SERVICE")]
        services: Vec<String>,
        /// All of them, and every line of the module out of PAM's stacks: the way back.
        #[arg(long, conflicts_with = "services")]
        all: bool,
        /// Which system.
        #[command(flatten)]
        system: SystemArg,
    },
}

/// `--root`.
#[derive(Debug, Args)]
pub struct SystemArg {
    /// The root folder of another system, such as an image or a chroot.
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

impl SystemArg {
    /// Its files. The folder is taken as it really is, so that this machine's is known whatever it was called.
    fn open(&self) -> Result<Root, PamError> {
        let folder = self.root.canonicalize().map_err(|why| PamError::NoRoot {
            path: self.root.clone(),
            why,
        })?;
        Ok(Root::at(&folder))
    }
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PamError {
    /// No such system.
    #[error("{}: {why}; --root names the root folder of a system", path.display())]
    NoRoot {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        why: std::io::Error,
    },
    /// Not a name of a service.
    #[error("\"{0}\" cannot be a PAM service")]
    NotAName(String),
    /// No file for it.
    #[error(
        "there is no PAM service {service} here: no file of that name in /etc/pam.d or /usr/lib/pam.d. {hint}"
    )]
    NoService {
        /// Its name.
        service: String,
        /// What to do.
        hint: &'static str,
    },
    /// Its stack is beyond this program.
    #[error("the stack of {service} is not understood, and so it is not touched: {why}")]
    NotUnderstood {
        /// Its name.
        service: String,
        /// Why.
        why: NotUnderstood,
    },
    /// The password is broken already.
    #[error(
        "the password does not open {0} as its stack is now; `facelogin-enroll pam status` tells more, and `sudo facelogin-enroll pam disable --all` takes the face out of it"
    )]
    Broken(String),
    /// The face's lines let anybody in already.
    #[error(
        "the face's lines in the stack of {0} let in somebody with neither face nor password; `sudo facelogin-enroll pam disable --all` takes them out"
    )]
    Open(String),
    /// A change that would do harm was not made, or was taken back.
    #[error("nothing was changed, because {}", .0.join("; "))]
    Harm(Vec<String>),
    /// No profile for pam-auth-update.
    #[error(
        "{} is not there: install facelogin completely first",
        crate::pam::manager::PROFILE
    )]
    NoProfile,
    /// pam-auth-update leaves edited files alone.
    #[error(
        "pam-auth-update does not put the face into the stack of {0}: /etc/pam.d/common-auth has been edited, or {0} does not include it. `sudo pam-auth-update --force` would write the common files anew, without what was edited"
    )]
    NotManaged(String),
    /// It failed.
    #[error("{0}. Nothing was changed")]
    Tool(#[from] ToolError),
    /// No line can be put in.
    #[error("{0}. Nothing was changed")]
    Edit(#[from] NotEdited),
    /// The file is the distribution's.
    #[error("{} belongs to the distribution and would be replaced by its next update: copy it to /etc/pam.d first", .0.display())]
    Vendor(PathBuf),
    /// A file stays as it was.
    #[error(transparent)]
    Write(#[from] NotWritten),
    /// The stacks were changed, and the configuration could not be.
    #[error(
        "{0}. PAM's stacks ask for the face already, and the face is off; `sudo facelogin-enroll pam disable --all` takes them back"
    )]
    HalfDone(Box<PamError>),
    /// The configuration cannot be changed.
    #[error("{}: {why}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// How long another run is waited for.
const TURN: Duration = Duration::from_secs(5);

/// Keeps others out while a system's files change: two at once would mix their drafts. Everybody can lock a folder that
/// everybody can read, so the way back does not wait for ever: after [`TURN`] it goes on without.
fn alone(root: &Root) -> Option<Flock<File>> {
    let folder = root.inside(Path::new("/etc/pam.d")).ok()?;
    let mut file = File::open(folder).ok()?;
    let start = Instant::now();
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Some(lock),
            Err((_, why)) if why != Errno::EWOULDBLOCK || start.elapsed() > TURN => return None,
            Err((same, _)) => file = same,
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Runs one of them.
pub fn run(context: &mut Context<'_, '_>, command: PamCommand) -> Result<Exit, CliError> {
    match command {
        PamCommand::Status(system) => status::status(context, &system.open()?),
        PamCommand::Enable {
            services,
            apply,
            system,
        } => {
            let root = system.open()?;
            needs_root(context, &root)?;
            let _alone = alone(&root);
            enable::enable(context, &root, &services, apply)
        }
        PamCommand::Disable {
            services,
            all,
            system,
        } => {
            let root = system.open()?;
            needs_root(context, &root)?;
            let _alone = alone(&root);
            if all {
                disable::disable_all(context, &root)
            } else {
                disable::disable(context, &root, &services)
            }
        }
    }
}

/// This machine's files are root's; in a folder of one's own everybody may try.
fn needs_root(context: &Context<'_, '_>, root: &Root) -> Result<(), CliError> {
    if root.is_machine() {
        context.caller.needs_root()
    } else {
        Ok(())
    }
}

/// The system's configuration: below its root, unless another file was named.
fn config_file(context: &Context<'_, '_>, root: &Root) -> PathBuf {
    let default = Path::new(facelogin_config::DEFAULT_PATH);
    if context.config != default {
        context.config.clone()
    } else if root.is_machine() {
        default.to_path_buf()
    } else {
        // A link in an image leads nowhere else.
        root.inside(default)
            .unwrap_or_else(|_| root.folder().to_path_buf())
    }
}
