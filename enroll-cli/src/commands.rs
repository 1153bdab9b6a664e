//! What the commands do, a family of them in each file.

pub mod add;
pub mod audit;
pub mod cameras;
pub mod config;
pub mod doctor;
pub mod evaluate;
pub mod models;
pub mod notify;
pub mod pam;
pub mod scan;
pub mod status;
pub mod templates;

use std::path::PathBuf;

use crate::caller::{Caller, System};
use crate::cli::{Cli, Command};
use crate::daemon::Daemon;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out::Out;
use crate::password::{self, UnattendedArg};

/// What every command gets.
pub struct Context<'c, 'o> {
    /// Where the answer goes.
    pub out: &'c mut Out<'o>,
    /// Who asks.
    pub caller: Caller,
    /// Whom to ask.
    pub daemon: Daemon,
    /// The system's configuration file.
    pub config: PathBuf,
}

impl Context<'_, '_> {
    /// See [`Caller::user`].
    pub fn user(&self, named: Option<String>) -> Result<String, CliError> {
        self.caller.user(named, &System)
    }

    /// See [`Caller::user_to_change`].
    pub fn user_to_change(&self, named: Option<String>) -> Result<String, CliError> {
        self.caller.user_to_change(named, &System)
    }

    /// See [`password::ask`].
    pub fn ask_password(&mut self, unattended: &UnattendedArg) -> Result<(), CliError> {
        Ok(password::ask(self.out, unattended)?)
    }
}

/// Runs the command.
pub fn run(cli: Cli, out: &mut Out<'_>) -> Result<Exit, CliError> {
    let mut context = Context {
        out,
        caller: Caller::current(),
        daemon: Daemon::at(cli.global.socket),
        config: cli.global.config,
    };
    let context = &mut context;
    match cli.command {
        Command::Add(args) => add::add(context, args),
        Command::List(args) => templates::list(context, args),
        Command::Remove(args) => templates::remove(context, args),
        Command::Rename(args) => templates::rename(context, args),
        Command::Clear(args) => templates::clear(context, args),
        Command::Test(args) => scan::test(context, args),
        Command::Identify => scan::identify(context),
        Command::Doctor(args) => doctor::doctor(context, args),
        Command::Status(args) => status::status(context, args),
        Command::Unlock(args) => status::unlock(context, args),
        Command::Audit(args) => audit::audit(context, args),
        Command::Notify => notify::run(context),
        Command::Cameras => cameras::cameras(context),
        Command::Models(command) => models::run(context, command),
        Command::Pam(command) => pam::run(context, command),
        Command::Evaluate(args) => evaluate::run(context, *args),
        Command::Config(command) => config::run(context, command),
    }
}
