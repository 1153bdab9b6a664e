//! The model files, where the daemon looks for them and with the eyes it has for them.

use std::io::ErrorKind;

use facelogin_config::{Config, Engine};
use facelogin_models::{ModelDirs, ModelError, ModelSet, ModelState, Trust, fingerprint_of};

use super::report::Link;
use crate::commands::config::engine_name;
use crate::commands::models::files::{Row, problems, rows, set_of};

const NAME: &str = "models";
const OTHER: &str = "other models";

/// A set of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Files {
    /// All there, and what they must be.
    Good,
    /// None is there; of the liveness networks' one is enough, for then the daemon goes on without.
    Absent,
    /// Some are missing, or not what they must be: a sentence for each. The daemon does not start with them.
    Bad(Vec<String>),
    /// This user may not read them.
    Hidden,
}

/// What is there of a set.
pub fn of(set: ModelSet, config: &Config) -> Files {
    let dirs = match &config.models {
        Some(folder) => ModelDirs::only(folder.clone()),
        None => ModelDirs::system(),
    };
    judge(&rows(&[set], &dirs, Trust::RootOwned), set)
}

fn judge(found: &[Row], set: ModelSet) -> Files {
    let hidden = |row: &Row| match &row.status.state {
        ModelState::Bad {
            why: ModelError::Io { source, .. },
            ..
        } => source.kind() == ErrorKind::PermissionDenied,
        _ => false,
    };
    if found.iter().any(hidden) && !nix::unistd::geteuid().is_root() {
        return Files::Hidden;
    }
    // Of the networks' files the first that is not in order tells, as in the vision process.
    let first = found
        .iter()
        .find(|row| !matches!(row.status.state, ModelState::Ok { .. }));
    let left_out =
        set == ModelSet::Liveness && first.is_some_and(|row| matches!(row.status.state, ModelState::Missing));
    if left_out || crate::commands::models::files::absent(found, set) {
        return Files::Absent;
    }
    match problems(found, &[set]) {
        none if none.is_empty() => Files::Good,
        bad => Files::Bad(bad),
    }
}

/// What obtains a set.
pub fn fetch(set: ModelSet) -> String {
    format!(
        "sudo facelogin-enroll models fetch --set {} && {}",
        set.name(),
        super::answers::RESTART
    )
}

/// The engine and the model that the configuration's templates belong to.
pub fn made_by(engine: Engine) -> (&'static str, String) {
    let hashes: Vec<&str> = set_of(engine).files().iter().map(|file| file.sha256).collect();
    (engine_name(engine), fingerprint_of(&hashes))
}

/// The engine's files, and for information the other engine's.
pub fn links(config: Option<&Config>) -> Vec<Link> {
    let Some(config) = config else {
        return vec![Link::hangs(
            NAME,
            "which are needed is not known without the configuration",
        )];
    };
    let used = set_of(config.engine);
    let other = match used {
        ModelSet::Onnx => ModelSet::Dlib,
        _ => ModelSet::Onnx,
    };
    let name = used.name();
    let first = match of(used, config) {
        Files::Good => Link::ok(
            NAME,
            format!("engine {name}: its files are there, and what they must be"),
        ),
        Files::Absent => Link::failure(
            NAME,
            format!("engine {name}: its files are not there"),
            fetch(used),
        ),
        Files::Bad(why) => Link::failure(NAME, format!("engine {name}: {}", why.join("; ")), fetch(used)),
        Files::Hidden => Link::for_root(NAME, &format!("whether those of engine {name} are in order")),
    };
    let name = other.name();
    let second = match of(other, config) {
        Files::Good => Link::ok(
            OTHER,
            format!("engine {name}, which is not in use: its files are there, too"),
        ),
        Files::Absent => Link::ok(
            OTHER,
            format!("engine {name}, which is not in use: its files are not there"),
        ),
        Files::Bad(why) => Link::warning(
            OTHER,
            format!("engine {name}, which is not in use: {}", why.join("; ")),
            format!("sudo facelogin-enroll models fetch --set {name}, before it is used"),
        ),
        Files::Hidden => Link::for_root(OTHER, &format!("whether those of engine {name} are in order")),
    };
    vec![first, second]
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::*;

    #[test]
    fn files_that_are_missing_altered_or_others_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            models: Some(dir.path().into()),
            ..Config::default()
        };
        assert_eq!(of(ModelSet::Dlib, &config), Files::Absent);
        let links = links(Some(&config));
        assert_eq!((links[0].state, links[1].state), (State::Failure, State::Ok));
        let remedy = links[0].remedy.as_deref().unwrap();
        assert!(
            remedy.starts_with("sudo facelogin-enroll models fetch --set dlib"),
            "{remedy}"
        );
        std::fs::write(dir.path().join(facelogin_models::YUNET), "x").unwrap();
        assert!(matches!(of(ModelSet::Onnx, &config), Files::Bad(why) if !why.is_empty()));
        assert_eq!(super::links(Some(&config))[1].state, State::Warning);
        assert_eq!(super::links(None)[0].state, State::Unknown);
    }

    #[test]
    fn networks_that_are_there_in_part_are_none_and_altered_ones_are_bad() {
        let set = ModelSet::Liveness;
        let row = |at: usize, state| Row {
            set,
            status: facelogin_models::ModelStatus {
                file: set.files()[at],
                state,
            },
        };
        let good = || ModelState::Ok { path: "/m".into() };
        let bad = || ModelState::Bad {
            path: "/m".into(),
            why: ModelError::NotRegular { path: "/m".into() },
        };
        let of = |first, second| judge(&[row(0, first), row(1, second)], set);
        assert_eq!(of(good(), good()), Files::Good);
        assert_eq!(of(good(), ModelState::Missing), Files::Absent);
        assert_eq!(of(ModelState::Missing, good()), Files::Absent);
        assert_eq!(of(ModelState::Missing, bad()), Files::Absent);
        assert!(matches!(of(bad(), ModelState::Missing), Files::Bad(_)));
        assert!(matches!(of(good(), bad()), Files::Bad(_)));
    }

    #[test]
    fn templates_belong_to_the_very_files() {
        let (dlib, onnx) = (made_by(Engine::Dlib), made_by(Engine::Onnx));
        assert_eq!(dlib.0, "dlib-hog-resnet");
        let table = facelogin_score::calibration::Calibration::named(dlib.0).unwrap();
        assert_eq!(dlib.1, table.model);
        assert!(onnx.0 != dlib.0 && onnx.1 != dlib.1);
    }
}
