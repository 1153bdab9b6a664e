//! `models fetch`, `verify`, `list`: the files that the engines and the liveness networks run on.

pub mod files;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use facelogin_config::{Config, ConfigError};
use facelogin_models::{Fetched, ModelDirs, ModelFile, ModelSet, ModelState, Outcome, Source, Trust, fetch};
use serde::Serialize;

use self::files::{Configured, Row, absent, problems, rows};
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
        /// Which: an engine's, those that tell living faces from pictures, or all; by default what the configuration
        /// uses.
        #[arg(long, value_enum)]
        set: Option<Choice>,
    },
    /// Compare the model files that the configuration uses with what they must be. Needs no root; as root also checks
    /// their owner.
    Verify {
        /// Others than those: an engine's, those that tell living faces from pictures, or all.
        #[arg(long, value_enum)]
        set: Option<Choice>,
    },
    /// List all model files and where they are. Needs no root.
    List,
}

/// Sets of files, as they are named on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Choice {
    /// The default engine's.
    Dlib,
    /// The engine's of YuNet and SFace.
    Onnx,
    /// Those that tell living faces from pictures, beside either engine.
    Liveness,
    /// All of them.
    All,
}

#[derive(Serialize)]
struct Listing<'a> {
    files: &'a [Row],
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

/// Without a configuration, as the defaults have it.
fn configured(context: &Context<'_, '_>) -> Result<Configured, ConfigError> {
    match facelogin_config::load_system(&context.config) {
        Ok(config) => Ok(Configured::of(&config)),
        Err(ConfigError::Missing { .. }) => Ok(Configured::of(&Config::default())),
        Err(other) => Err(other),
    }
}

/// Fetches, verifies or lists.
pub fn run(context: &mut Context<'_, '_>, command: ModelsCommand) -> Result<Exit, CliError> {
    if let ModelsCommand::Fetch {
        from,
        to: Some(to),
        set: Some(set),
    } = command
    {
        // Nothing is asked of the configuration, so a broken one is in nobody's way.
        let fetched = into(&to, &set.sets(), &source(from))?;
        answer_fetched(context, &fetched)?;
        return Ok(Exit::Ok);
    }
    let configured = configured(context)?;
    match command {
        ModelsCommand::Fetch { from, to, set } => {
            let sets = set.map_or_else(|| configured.used.clone(), Choice::sets);
            obtain(context, &configured, &sets, &source(from), to)
        }
        ModelsCommand::Verify { set } => {
            let all_good = match set {
                None => tell(context, &configured, &configured.used, &configured.needed)?,
                Some(set) => tell(context, &configured, &set.sets(), &set.sets())?,
            };
            Ok(if all_good { Exit::Ok } else { Exit::BadInput })
        }
        ModelsCommand::List => {
            tell(context, &configured, &ModelSet::ALL, &configured.needed)?;
            Ok(Exit::Ok)
        }
    }
}

impl Choice {
    fn sets(self) -> Vec<ModelSet> {
        match self {
            Self::Dlib => vec![ModelSet::Dlib],
            Self::Onnx => vec![ModelSet::Onnx],
            Self::Liveness => vec![ModelSet::Liveness],
            Self::All => ModelSet::ALL.to_vec(),
        }
    }
}

/// Where the files are looked for: the configured folder and no other, else the system's, for a user also the user's.
fn dirs(configured: &Configured, context: &Context<'_, '_>) -> ModelDirs {
    match &configured.folder {
        Some(folder) => ModelDirs::only(folder.clone()),
        None if context.caller.is_root() => ModelDirs::system(),
        None => ModelDirs::for_user(),
    }
}

/// Answers with the state of every file, and says on the side what is wrong. Whether all are as they must be: a file
/// that is missing is none of those only in a set that is `needed`, or where its set is there in part.
fn tell(
    context: &mut Context<'_, '_>,
    configured: &Configured,
    sets: &[ModelSet],
    needed: &[ModelSet],
) -> Result<bool, CliError> {
    let found = look(context, &dirs(configured, context), sets);
    context
        .out
        .answer(&Listing { files: &found }, || listing(&found))?;
    let bad = problems(&found, needed);
    for problem in &bad {
        context.out.note(&sentences(&[problem]));
    }
    if configured.used.contains(&ModelSet::Liveness) && absent(&found, ModelSet::Liveness) {
        context.out.note(
            "Note: without the liveness models nothing tells a face from a picture of it on this machine's colour cameras; \
             facelogin-enroll models fetch --set liveness obtains them.",
        );
    }
    Ok(bad.is_empty())
}

fn obtain(
    context: &mut Context<'_, '_>,
    configured: &Configured,
    sets: &[ModelSet],
    source: &Source,
    to: Option<PathBuf>,
) -> Result<Exit, CliError> {
    let Some(folder) = to else {
        let dirs = dirs(configured, context);
        let found = look(context, &dirs, sets);
        if problems(&found, sets).is_empty() {
            return already_there(context, &found);
        }
        let fetched = into(&target(context, &dirs)?, sets, source)?;
        // A bad file in a folder that is searched earlier still stands in the way.
        let bad = problems(&look(context, &dirs, sets), sets);
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
    let fetched = into(&folder, sets, source)?;
    answer_fetched(context, &fetched)?;
    Ok(Exit::Ok)
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

fn look(context: &Context<'_, '_>, dirs: &ModelDirs, sets: &[ModelSet]) -> Vec<Row> {
    let trust = if context.caller.is_root() {
        Trust::RootOwned
    } else {
        Trust::AnyOwner
    };
    rows(sets, dirs, trust)
}

fn source(from: Option<PathBuf>) -> Source {
    from.map_or(Source::Https, Source::Folder)
}

fn into(folder: &Path, sets: &[ModelSet], source: &Source) -> Result<Vec<Fetched>, CliError> {
    let files: Vec<ModelFile> = sets.iter().flat_map(|set| set.files()).copied().collect();
    let bar = progress::download();
    let fetched = fetch(&files, folder, source, &mut |now| {
        bar.set_length(now.total);
        bar.set_position(now.done);
        bar.set_message(now.name);
    });
    bar.finish_and_clear();
    Ok(fetched?)
}

fn already_there(context: &mut Context<'_, '_>, found: &[Row]) -> Result<Exit, CliError> {
    let present = found.iter().filter_map(|row| match &row.status.state {
        ModelState::Ok { path } => Some(Fetched {
            name: row.status.file.name,
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

fn listing(found: &[Row]) -> String {
    let rows = found.iter().map(|row| {
        let file = row.status.file;
        let (state, path) = match &row.status.state {
            ModelState::Ok { path } => ("ok", path.display().to_string()),
            ModelState::Missing => ("missing", String::new()),
            ModelState::Bad { path, .. } => ("bad", path.display().to_string()),
        };
        [
            row.set.name().into(),
            file.name.into(),
            format!("{:.1} MB", file.size as f64 / 1e6),
            file.licence.into(),
            state.into(),
            path,
        ]
    });
    table(["SET", "FILE", "SIZE", "LICENCE", "STATE", "PATH"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_shows_each_file_and_a_missing_one_has_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let found = rows(&ModelSet::ALL, &ModelDirs::only(dir.path()), Trust::AnyOwner);
        let text = listing(&found);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("SET") && lines[0].ends_with("PATH"));
        assert!(
            lines[1].starts_with("dlib      shape_predictor_5_face_landmarks.dat"),
            "{}",
            lines[1]
        );
        assert!(lines[1].ends_with("9.2 MB   CC0-1.0     missing"), "{}", lines[1]);
        assert_eq!(lines.len(), 7);
        let problems = problems(&found, &[ModelSet::Onnx]);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("models fetch --set onnx"));
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
