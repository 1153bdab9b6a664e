//! `models fetch`, `verify`, `list`: the files that the engine runs on.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use facelogin_config::ConfigError;
use facelogin_models::{
    Fetched, ModelDirs, ModelState, ModelStatus, Outcome, Source, Trust, fetch, manifest, status,
};
use serde::Serialize;

use super::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::progress;
use crate::table::table;
use crate::words::{clean, sentences};

/// Where root puts them, so that packages' files in /usr/share stay as they are.
const ROOT_TARGET: &str = "/usr/local/share/facelogin/models";

/// The commands about models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Obtain the model files that are missing. Needs root to put them where logins find them, and the network or
    /// --from.
    Fetch {
        /// A folder that holds the files, plain or as .bz2, in place of the network.
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        /// Where to put them; by default the system's folder for root, your own otherwise.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Compare the model files with what they must be. Needs no root; as root also checks their owner.
    Verify,
    /// List the model files and where they are. Needs no root.
    List,
}

#[derive(Serialize)]
struct Listing<'a> {
    files: &'a [ModelStatus],
}

#[derive(Serialize)]
struct FetchedFile {
    name: &'static str,
    path: String,
    /// `present` or `installed`.
    outcome: &'static str,
}

#[derive(Serialize)]
struct FetchAnswer {
    files: Vec<FetchedFile>,
}

/// Fetches, verifies or lists.
pub fn run(context: &mut Context<'_, '_>, command: ModelsCommand) -> Result<Exit, CliError> {
    match command {
        ModelsCommand::Fetch { from, to } => obtain(context, from, to),
        ModelsCommand::Verify => {
            let all_good = tell(context)?;
            Ok(if all_good { Exit::Ok } else { Exit::BadInput })
        }
        ModelsCommand::List => {
            tell(context)?;
            Ok(Exit::Ok)
        }
    }
}

/// Answers with the state of every file, and says on the side what is wrong. Whether all are as they must be.
fn tell(context: &mut Context<'_, '_>) -> Result<bool, CliError> {
    let found = look(context, &dirs(context)?);
    context
        .out
        .answer(&Listing { files: &found }, || listing(&found))?;
    let bad = problems(&found);
    for problem in &bad {
        context.out.note(&sentences(&[problem]));
    }
    Ok(bad.is_empty())
}

fn obtain(
    context: &mut Context<'_, '_>,
    from: Option<PathBuf>,
    to: Option<PathBuf>,
) -> Result<Exit, CliError> {
    let source = from.map_or(Source::Https, Source::Folder);
    let Some(folder) = to else {
        let dirs = dirs(context)?;
        let found = look(context, &dirs);
        if problems(&found).is_empty() {
            return already_there(context, &found);
        }
        let fetched = into(&target(context, &dirs)?, &source)?;
        // A bad file in a folder that is searched earlier still stands in the way.
        let bad = problems(&look(context, &dirs));
        if !bad.is_empty() {
            return Err(CliError::Models { problems: bad });
        }
        answer_fetched(context, &fetched)?;
        if !context.caller.is_root() {
            context.out.note(
                "Note: these are for your own use; for logins run sudo facelogin-enroll models fetch as well.",
            );
        }
        return Ok(Exit::Ok);
    };
    let fetched = into(&folder, &source)?;
    answer_fetched(context, &fetched)?;
    Ok(Exit::Ok)
}

/// Where the files are looked for: the configured folder and no other, else the system's, for a user also the user's.
fn dirs(context: &Context<'_, '_>) -> Result<ModelDirs, ConfigError> {
    let configured = match facelogin_config::load_system(&context.config) {
        Ok(config) => config.models,
        Err(ConfigError::Missing { .. }) => None,
        Err(other) => return Err(other),
    };
    Ok(match configured {
        Some(folder) => ModelDirs::only(folder),
        None if context.caller.is_root() => ModelDirs::system(),
        None => ModelDirs::for_user(),
    })
}

/// Where `fetch` puts them: the one folder, if there is but one.
fn target(context: &Context<'_, '_>, dirs: &ModelDirs) -> Result<PathBuf, CliError> {
    match dirs.folders() {
        [only] => Ok(only.clone()),
        _ if context.caller.is_root() => Ok(ROOT_TARGET.into()),
        _ => dirs
            .user_folder()
            .map(Path::to_path_buf)
            .ok_or(CliError::NoTarget),
    }
}

fn look(context: &Context<'_, '_>, dirs: &ModelDirs) -> Vec<ModelStatus> {
    let trust = if context.caller.is_root() {
        Trust::RootOwned
    } else {
        Trust::AnyOwner
    };
    status(manifest(), dirs, trust)
}

fn into(folder: &Path, source: &Source) -> Result<Vec<Fetched>, CliError> {
    let bar = progress::download();
    let fetched = fetch(manifest(), folder, source, &mut |now| {
        bar.set_length(now.total);
        bar.set_position(now.done);
        bar.set_message(now.name);
    });
    bar.finish_and_clear();
    Ok(fetched?)
}

fn already_there(context: &mut Context<'_, '_>, found: &[ModelStatus]) -> Result<Exit, CliError> {
    let present = found.iter().filter_map(|one| match &one.state {
        ModelState::Ok { path } => Some(Fetched {
            name: one.file.name,
            path: path.clone(),
            outcome: Outcome::Present,
        }),
        _ => None,
    });
    let present: Vec<_> = present.collect();
    answer_fetched(context, &present)?;
    Ok(Exit::Ok)
}

fn answer_fetched(context: &mut Context<'_, '_>, fetched: &[Fetched]) -> Result<(), CliError> {
    let files = fetched.iter().map(|one| FetchedFile {
        name: one.name,
        path: one.path.display().to_string(),
        outcome: match one.outcome {
            Outcome::Present => "present",
            Outcome::Installed => "installed",
        },
    });
    let answer = FetchAnswer {
        files: files.collect(),
    };
    context.out.answer(&answer, || describe(&answer.files))
}

fn describe(files: &[FetchedFile]) -> String {
    let all_present = files.iter().all(|file| file.outcome == "present");
    let mut lines: Vec<_> = files
        .iter()
        .map(|file| clean(&format!("{}: {}", file.outcome, file.path)))
        .collect();
    lines.push(if all_present {
        "All models are there already.".into()
    } else {
        "All models are there.".into()
    });
    lines.join("\n")
}

/// A sentence for each file that is missing or bad.
fn problems(found: &[ModelStatus]) -> Vec<String> {
    let problem = |one: &ModelStatus| match &one.state {
        ModelState::Ok { .. } => None,
        ModelState::Missing => Some(format!(
            "{} is missing; `facelogin-enroll models fetch` obtains it",
            one.file.name
        )),
        ModelState::Bad { why, .. } => Some(why.to_string()),
    };
    found.iter().filter_map(problem).collect()
}

fn listing(found: &[ModelStatus]) -> String {
    let rows = found.iter().map(|one| {
        let (state, path) = match &one.state {
            ModelState::Ok { path } => ("ok", path.display().to_string()),
            ModelState::Missing => ("missing", String::new()),
            ModelState::Bad { path, .. } => ("bad", path.display().to_string()),
        };
        [
            one.file.name.into(),
            format!("{:.1} MB", one.file.size as f64 / 1e6),
            one.file.licence.into(),
            state.into(),
            path,
        ]
    });
    table(["FILE", "SIZE", "LICENCE", "STATE", "PATH"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_shows_each_file_and_a_missing_one_has_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let found = status(manifest(), &ModelDirs::only(dir.path()), Trust::AnyOwner);
        let text = listing(&found);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("FILE") && lines[0].ends_with("PATH"));
        assert!(lines[1].starts_with("shape_predictor_5_face_landmarks.dat"));
        assert!(lines[1].ends_with("9.2 MB   CC0-1.0  missing"), "{}", lines[1]);
        let problems = problems(&found);
        assert_eq!(problems.len(), manifest().len());
        assert!(problems[0].contains("models fetch"));
    }

    #[test]
    fn what_was_there_already_is_said() {
        let file = |outcome| FetchedFile {
            name: "a.dat",
            path: "/m/a.dat".into(),
            outcome,
        };
        assert_eq!(
            describe(&[file("present")]),
            "present: /m/a.dat\nAll models are there already."
        );
        assert_eq!(
            describe(&[file("present"), file("installed")]),
            "present: /m/a.dat\ninstalled: /m/a.dat\nAll models are there."
        );
    }
}
