//! Which model files the configuration asks for, and what state they are in.

use std::path::PathBuf;

use facelogin_config::{Config, Engine, Liveness};
use facelogin_models::{ModelDirs, ModelSet, ModelState, ModelStatus, Trust, status};
use serde::Serialize;

/// What the configuration says of models.
pub struct Configured {
    /// The one folder, if it names one.
    pub folder: Option<PathBuf>,
    /// The sets that are used, the engine's first.
    pub used: Vec<ModelSet>,
    /// Those without which there is no login.
    pub needed: Vec<ModelSet>,
}

/// A file and whose it is.
#[derive(Serialize)]
pub struct Row {
    pub set: ModelSet,
    #[serde(flatten)]
    pub status: ModelStatus,
}

impl Configured {
    /// With this configuration.
    pub fn of(config: &Config) -> Self {
        let engine = set_of(config.engine);
        let services = config.services.values().map(|service| &service.rules);
        let rules: Vec<_> = services.chain([&config.rules]).collect();
        let with_liveness = |asked: bool| {
            let liveness = asked.then_some(ModelSet::Liveness);
            [engine].into_iter().chain(liveness).collect()
        };
        Self {
            folder: config.models.clone(),
            used: with_liveness(rules.iter().any(|rules| rules.liveness != Liveness::Off)),
            needed: with_liveness(rules.iter().any(|rules| rules.liveness == Liveness::Required)),
        }
    }
}

/// The files an engine needs.
pub fn set_of(engine: Engine) -> ModelSet {
    match engine {
        Engine::Dlib => ModelSet::Dlib,
        Engine::Onnx => ModelSet::Onnx,
    }
}

/// Every file of these sets, as it is found in `dirs`.
pub fn rows(sets: &[ModelSet], dirs: &ModelDirs, trust: Trust) -> Vec<Row> {
    let of = |set: &ModelSet| {
        let set = *set;
        let found = status(set.files(), dirs, trust);
        found.into_iter().map(move |status| Row { set, status })
    };
    sets.iter().flat_map(of).collect()
}

/// Whether none of a set's files is there; that of a set not looked at is not known.
pub fn absent(found: &[Row], set: ModelSet) -> bool {
    let mut of_set = found.iter().filter(|row| row.set == set).peekable();
    of_set.peek().is_some() && of_set.all(|row| matches!(row.status.state, ModelState::Missing))
}

/// A sentence for each file that is bad, and for each that is missing from a set that is needed, or there in part.
pub fn problems(found: &[Row], needed: &[ModelSet]) -> Vec<String> {
    let problem = |row: &Row| match &row.status.state {
        ModelState::Ok { .. } => None,
        ModelState::Missing if !needed.contains(&row.set) && absent(found, row.set) => None,
        ModelState::Missing => Some(format!(
            "{} is missing; `facelogin-enroll models fetch --set {}` obtains it",
            row.status.file.name,
            row.set.name()
        )),
        ModelState::Bad { why, .. } => Some(why.to_string()),
    };
    found.iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_in_part_is_missed_although_it_is_not_needed() {
        let state = |name: &str, missing: bool| Row {
            set: ModelSet::Liveness,
            status: ModelStatus {
                file: *ModelSet::Liveness
                    .files()
                    .iter()
                    .find(|f| f.name == name)
                    .unwrap(),
                state: if missing {
                    ModelState::Missing
                } else {
                    ModelState::Ok { path: "/m".into() }
                },
            },
        };
        let [near, wide] = [facelogin_models::LIVENESS_NEAR, facelogin_models::LIVENESS_WIDE];
        for (first, second, expected) in [(true, true, 0), (true, false, 1), (false, false, 0)] {
            let found = [state(near, first), state(wide, second)];
            assert_eq!(problems(&found, &[]).len(), expected);
            assert_eq!(absent(&found, ModelSet::Liveness), first && second);
        }
    }

    #[test]
    fn the_configuration_says_which_sets_are_used_and_which_are_needed() {
        use ModelSet::{Dlib, Liveness as Alive, Onnx};
        let mut config = Config::default();
        let sets = |config: &Config| {
            let configured = Configured::of(config);
            (configured.used, configured.needed)
        };
        assert_eq!(sets(&config), (vec![Dlib, Alive], vec![Dlib]));
        config.engine = Engine::Onnx;
        config.rules.liveness = Liveness::Required;
        assert_eq!(sets(&config), (vec![Onnx, Alive], vec![Onnx, Alive]));
        config.rules.liveness = Liveness::Off;
        for service in config.services.values_mut() {
            service.rules.liveness = Liveness::Off;
        }
        assert_eq!(sets(&config), (vec![Onnx], vec![Onnx]));
    }
}
