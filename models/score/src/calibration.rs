//! What the named levels stand for: limits, the rates they aim at, and how far measurements support them.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::{EngineId, Limit};

/// The tables that are built in.
const BUILT_IN: [&str; 1] = [include_str!("../calibration/dlib-hog-resnet.toml")];

/// A named strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Fewest refusals.
    Convenient,
    /// The default.
    Balanced,
    /// Fewest false matches.
    Strict,
}

impl Level {
    /// As in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Convenient => "convenient",
            Self::Balanced => "balanced",
            Self::Strict => "strict",
        }
    }
}

/// The table of one engine, as the file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// [`EngineId::name`].
    pub engine: String,
    /// [`EngineId::model`].
    pub model: String,
    /// The command that made it.
    pub made: String,
    /// Pictures fused into a probe where it was measured.
    pub frames: usize,
    /// How much of a score one factor of ten in the false-match rate is worth.
    pub decade: f32,
    /// From lenient to strict.
    pub levels: Vec<LevelInfo>,
}

/// What is known of a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelInfo {
    /// Which.
    pub level: Level,
    /// The false-match rate of a login that it aims at.
    pub aim: f64,
    /// The [`Comparison::score`](crate::Comparison::score) for it, for one template.
    pub limit: f32,
    /// The group of people that it was set by: the worst.
    pub set_by: String,
    /// Whether both upper bounds of every group are within the aim.
    pub supported: bool,
    /// What was measured at that limit, for each group.
    pub evidence: Vec<Evidence>,
}

/// What was measured of one group of people. A try is a whole login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Whose pictures.
    pub group: String,
    /// How many people.
    pub people: usize,
    /// Pairs of different people that were tried.
    pub pairs: usize,
    /// Logins of strangers.
    pub tries: usize,
    /// Of these, matched.
    pub false_matches: usize,
    /// The 95 % upper bound of the false-match rate, with all pairs of people taken as independent: without a match 3 / pairs.
    pub at_most: f64,
    /// The same with only so many pairs as share nobody taken as independent.
    pub at_most_disjoint: f64,
    /// Logins of the enrolled, at another occasion than the enrolment.
    pub genuine: usize,
    /// Of these, not matched.
    pub refused: usize,
}

impl Evidence {
    /// Whether it shows that the false-match rate is no more than `aim`, whether or not pairs with a person in common are
    /// independent.
    pub fn supports(&self, aim: f64) -> bool {
        self.at_most <= aim && self.at_most_disjoint <= aim
    }
}

/// A table that cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// It cannot be read.
    #[error("a calibration cannot be read: {0}")]
    Format(String),
    /// What it says cannot be so.
    #[error("a calibration does not hold together: {0}")]
    Inconsistent(&'static str),
}

impl Calibration {
    /// Reads and checks a table.
    pub fn read(text: &str) -> Result<Self, CalibrationError> {
        let table: Self =
            toml::from_str(text).map_err(|error| CalibrationError::Format(error.to_string()))?;
        table.check().map_err(CalibrationError::Inconsistent)?;
        Ok(table)
    }

    /// The one that is built in for this engine.
    pub fn built_in(engine: &EngineId) -> Option<&'static Self> {
        Self::all()
            .iter()
            .find(|table| table.engine == engine.name && table.model == engine.model)
    }

    /// The one that is built in for an engine of this name, whatever its models: what can be said before they are loaded.
    pub fn named(engine: &str) -> Option<&'static Self> {
        Self::all().iter().find(|table| table.engine == engine)
    }

    /// What is known of a level.
    pub fn level(&self, level: Level) -> &LevelInfo {
        // `check` has seen to it that there are three, in this order.
        &self.levels[level as usize]
    }

    /// How near a probe must come to one of `templates` templates. A stranger has one chance with each, so the limit
    /// shrinks to keep the rate of the whole.
    pub fn limit(&self, level: Level, templates: u32) -> Limit {
        let fewer = self.decade * (templates.max(1) as f32).log10();
        Limit::Score(self.level(level).limit - fewer)
    }

    fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Calibration>> = OnceLock::new();
        // A test reads each of them: none is left out here.
        ALL.get_or_init(|| BUILT_IN.iter().filter_map(|text| Self::read(text).ok()).collect())
    }

    fn check(&self) -> Result<(), &'static str> {
        let order: Vec<Level> = self.levels.iter().map(|info| info.level).collect();
        if order != [Level::Convenient, Level::Balanced, Level::Strict] {
            return Err("the levels are not convenient, balanced and strict");
        }
        let falls = |of: fn(&LevelInfo) -> f64| self.levels.windows(2).all(|two| of(&two[1]) < of(&two[0]));
        if !falls(|info| info.aim) || !falls(|info| f64::from(info.limit)) {
            return Err("a stricter level has no smaller limit and aim");
        }
        if !(self.decade > 0.0 && self.decade < 1.0) || self.frames == 0 {
            return Err("the decade or the number of pictures is out of range");
        }
        for info in &self.levels {
            if !(info.limit.is_finite() && info.aim > 0.0 && info.aim < 1.0) {
                return Err("a limit or an aim is out of range");
            }
            let sane = |e: &Evidence| {
                e.false_matches <= e.tries
                    && e.refused <= e.genuine
                    && e.at_most > 0.0
                    && e.at_most <= e.at_most_disjoint
                    && e.at_most_disjoint <= 1.0
            };
            if info.evidence.is_empty() || !info.evidence.iter().all(sane) {
                return Err("a level's evidence is missing or impossible");
            }
            if info.supported != info.evidence.iter().all(|evidence| evidence.supports(info.aim)) {
                return Err("what is said to be supported does not follow from the evidence");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> Calibration {
        Calibration::read(BUILT_IN[0]).unwrap()
    }

    #[test]
    fn every_table_that_is_built_in_holds_together_and_is_found() {
        for text in BUILT_IN {
            let table = Calibration::read(text).unwrap();
            let engine = EngineId {
                name: table.engine.clone(),
                model: table.model.clone(),
            };
            assert_eq!(Calibration::built_in(&engine), Some(&table));
            assert_eq!(Calibration::named(&engine.name), Some(&table));
            let other = EngineId {
                model: "other".into(),
                ..engine
            };
            assert_eq!(Calibration::built_in(&other), None);
            // Where the distances are normalised, and else not.
            assert!(table.made.contains(&table.model));
        }
    }

    #[test]
    fn stricter_levels_and_more_templates_give_smaller_limits() {
        let table = built_in();
        let of = |level, templates| table.limit(level, templates).value();
        assert!(of(Level::Strict, 1) < of(Level::Balanced, 1));
        assert!(of(Level::Balanced, 1) < of(Level::Convenient, 1));
        assert!((of(Level::Balanced, 1) - of(Level::Balanced, 10) - table.decade).abs() < 1e-6);
        assert_eq!(of(Level::Balanced, 0), of(Level::Balanced, 1));
    }

    #[test]
    fn tables_that_cannot_be_so_are_refused() {
        type Change = fn(&mut Calibration);
        let changes: [(Change, bool); 9] = [
            (|_| {}, true),
            (|t| t.levels.swap(0, 1), false),
            (|t| t.levels.truncate(2), false),
            (|t| t.levels[2].limit = t.levels[1].limit, false),
            (|t| t.levels[1].aim = 0.1, false),
            (|t| t.decade = 0.0, false),
            (|t| t.levels[2].supported ^= true, false),
            (|t| t.levels[0].evidence.clear(), false),
            (|t| t.levels[0].evidence[0].false_matches = usize::MAX / 2, false),
        ];
        for (place, (change, good)) in changes.iter().enumerate() {
            let mut table = built_in();
            change(&mut table);
            let read = Calibration::read(&toml::to_string(&table).unwrap());
            assert_eq!(read.is_ok(), *good, "{place}");
        }
        assert!(matches!(Calibration::read("x"), Err(CalibrationError::Format(_))));
    }
}
