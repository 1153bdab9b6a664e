//! The command line: what there is to type. What each command does is in `commands`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{add, audit, config, doctor, evaluate, models, pam, templates};
use crate::exit::Exit;

/// Enrol and manage faces, models and the configuration of facelogin.
///
/// What changes the faces that are enrolled (add, remove, rename, clear) asks for the password of the user who became
/// root, since root itself may have been reached by a face. A root login may go without, with --unattended. This keeps
/// a face from enrolling another; it does not keep out root, who can bypass all of it.
#[derive(Debug, Parser)]
#[command(name = "facelogin-enroll", version, after_help = Exit::help())]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// Which command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Print the answer, or the error, as one JSON document.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where facelogind listens.
    #[arg(long, global = true, value_name = "PATH", default_value = facelogin_protocol::SOCKET_PATH)]
    pub socket: PathBuf,
    /// The system's configuration file.
    #[arg(long, global = true, value_name = "PATH", default_value = facelogin_config::DEFAULT_PATH)]
    pub config: PathBuf,
}

/// `--user`, for the commands that are about one user.
#[derive(Debug, Args)]
pub struct UserArg {
    /// Whose face; by default the user who ran sudo, or the caller.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register a face, from the camera or from pictures. Needs root and your password.
    Add(add::AddArgs),
    /// List templates: your own; as root everybody's. Needs no root.
    List(templates::ListArgs),
    /// Remove one template. Needs root and your password.
    Remove(templates::RemoveArgs),
    /// Give a template another label. Needs root and your password.
    Rename(templates::RenameArgs),
    /// Remove all templates of a user. Needs root and your password.
    Clear(templates::ClearArgs),
    /// Try the face once; grants nothing. Needs no root for yourself, and a camera.
    Test(UserArg),
    /// Tell who is in front of the camera. Needs root, and a camera.
    Identify,
    /// Look at the links of the chain that a face login takes, from the configuration to the face, and say of each that is
    /// broken what mends it. Needs no root for yourself; root sees more. Changes no file and takes no picture; a daemon that
    /// is stopped starts when it is asked. Not looked at is what holds for the moment of a login: the lid, where you are,
    /// whether the account is locked or its home folder closed. The exit code is 1 when a link is broken.
    Doctor(doctor::DoctorArgs),
    /// Show the daemon, the templates and the lockouts of a user. Needs no root for yourself.
    Status(UserArg),
    /// Forget the mismatches counted against a user. Needs root.
    Unlock(UserArg),
    /// Show earlier attempts, newest first: your own; as root everybody's. Needs no root.
    Audit(audit::AuditArgs),
    /// Show a notification whenever a face grants sudo, su or polkit in your name; runs in a desktop session. Needs no
    /// root.
    Notify,
    /// List the cameras, which of them logins use, and why. Needs no root.
    Cameras,
    /// Fetch, verify or list the model files.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Show which logins use the face, and turn it on and off.
    #[command(subcommand)]
    Pam(pam::PamCommand),
    /// Measure error rates over folders of pictures whose people are known. Needs no root, no daemon and no camera, but
    /// the models.
    Evaluate(Box<evaluate::EvaluateArgs>),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn help_says_what_it_needs(command: &mut clap::Command) {
        let help = command.render_long_help().to_string();
        if command.has_subcommands() {
            command
                .get_subcommands_mut()
                .filter(|sub| sub.get_name() != "help")
                .for_each(help_says_what_it_needs);
        } else {
            assert!(help.contains("Needs "), "{help}");
        }
    }

    #[test]
    fn the_command_line_is_consistent_and_every_command_says_what_it_needs() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        help_says_what_it_needs(&mut command);
        assert!(command.render_help().to_string().contains("Exit codes:"));
    }
}
