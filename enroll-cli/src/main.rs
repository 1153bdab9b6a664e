//! Everything a person types about faces, models and the configuration.

mod caller;
mod cli;
mod commands;
mod daemon;
mod desktop;
mod error;
mod exit;
mod out;
mod password;
mod pictures;
mod progress;
mod table;
mod words;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::out::Out;

fn main() -> ExitCode {
    run(Cli::try_parse()).into()
}

fn run(parsed: Result<Cli, clap::Error>) -> Exit {
    let (mut answer, mut complaint) = (io::stdout().lock(), io::stderr());
    match parsed {
        Ok(cli) => {
            let mut out = Out::new(&mut answer, &mut complaint, cli.global.json);
            commands::run(cli, &mut out).unwrap_or_else(|error| {
                out.error(error.kind(), &error.to_string());
                error.exit()
            })
        }
        // Help and version are answers; clap prints them, and its errors with the usage below them.
        Err(other) if !other.use_stderr() => {
            drop(answer);
            // A reader that went away has seen enough.
            let _ = other.print();
            Exit::Ok
        }
        Err(error) => {
            let json = std::env::args_os().any(|argument| argument == "--json");
            let mut out = Out::new(&mut answer, &mut complaint, json);
            out.usage(&error.render().to_string());
            Exit::Usage
        }
    }
}
