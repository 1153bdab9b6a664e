//! How near is near enough: what the configuration asks for, in the terms of the engine that is loaded.

use facelogin_config::{Config, Engine, Liveness, Rules, Security};
use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::{Asked, Comparer, EngineId, Limit, claims, uncalibrated};

/// dlib's engine.
const DLIB: &str = "dlib-hog-resnet";

/// How much one factor of ten in the false-match rate is worth in dlib's raw distance. Between 0.35 and 0.50 its false-match
/// rate on LFW grows tenfold every 0.05 (3.6e-7, 3.9e-6, 3.7e-5, 2.4e-4).
const DISTANCE_PER_DECADE: f32 = 0.05;

/// What is asked of a match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strictness {
    /// A named level.
    Named(Level),
    /// A raw distance.
    Distance(f32),
}

impl From<&Rules> for Strictness {
    fn from(rules: &Rules) -> Self {
        match (rules.threshold, rules.security) {
            (Some(distance), _) => Self::Distance(distance),
            (None, security) => Self::Named(level(security)),
        }
    }
}

impl From<Strictness> for facelogin_score::Strictness {
    fn from(strictness: Strictness) -> Self {
        match strictness {
            Strictness::Named(level) => Self::Named(level),
            Strictness::Distance(distance) => Self::Distance(distance),
        }
    }
}

/// The configuration's name for a level.
pub fn level(security: Security) -> Level {
    match security {
        Security::Convenient => Level::Convenient,
        Security::Balanced => Level::Balanced,
        Security::Strict => Level::Strict,
    }
}

/// What one engine's encodings are compared and judged by.
#[derive(Clone, Debug)]
pub struct Scale {
    engine: EngineId,
    comparer: Comparer,
}

impl Scale {
    /// For the engine that is loaded.
    pub fn of(engine: EngineId) -> Self {
        Self {
            comparer: Comparer::of(&engine),
            engine,
        }
    }

    /// For when nothing is compared: it has no level, so that nothing would match by name.
    pub fn none() -> Self {
        Self::of(EngineId {
            name: String::new(),
            model: String::new(),
        })
    }

    /// Whose encodings they are.
    pub fn engine(&self) -> &EngineId {
        &self.engine
    }

    /// Compares them.
    pub fn comparer(&self) -> &Comparer {
        &self.comparer
    }

    /// How near a probe must come to one of `templates` templates. A stranger has one chance with each, so the limit
    /// shrinks to keep the rate of the whole. A named level of an engine that none is known of admits nothing.
    pub fn limit(&self, strictness: Strictness, templates: u32) -> Limit {
        let decade = match self.engine.name.as_str() {
            DLIB => DISTANCE_PER_DECADE,
            _ => uncalibrated::DISTANCE_PER_DECADE,
        };
        let fewer = decade * (templates.max(1) as f32).log10();
        match strictness {
            Strictness::Distance(one) => Limit::Distance(one - fewer),
            Strictness::Named(level) => match Calibration::built_in(&self.engine) {
                Some(table) => table.limit(level, templates),
                None => uncalibrated::limit(&self.engine.name, level, templates)
                    .unwrap_or(Limit::Distance(f32::NEG_INFINITY)),
            },
        }
    }
}

/// What can be said of the configuration's strictness, by the engine that is loaded, or else the one that is configured: a line
/// for the general rules, and one for each enabled service that has others.
pub fn said(config: &Config, engine: Option<&str>) -> String {
    let configured = match config.engine {
        Engine::Dlib => DLIB,
        Engine::Onnx => uncalibrated::SFACE,
    };
    let asked = |rules: &Rules| Asked {
        strictness: Strictness::from(rules).into(),
        frames: rules.frames,
        liveness: rules.liveness != Liveness::Off,
    };
    let services = config.services.iter().filter(|(_, service)| service.enabled);
    claims(
        engine.unwrap_or(configured),
        asked(&config.rules),
        services.map(|(name, service)| (name.as_str(), asked(&service.rules))),
    )
    .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dlib() -> Scale {
        let table = Calibration::named("dlib-hog-resnet").unwrap();
        Scale::of(EngineId {
            name: table.engine.clone(),
            model: table.model.clone(),
        })
    }

    #[test]
    fn a_threshold_takes_the_place_of_the_name() {
        let rules = |security, threshold| Rules {
            security,
            threshold,
            ..Rules::default()
        };
        let of = |rules: &Rules, templates| dlib().limit(Strictness::from(rules), templates);
        assert_eq!(of(&rules(Security::Strict, Some(0.45)), 1), Limit::Distance(0.45));
        let ten = of(&rules(Security::Strict, Some(0.45)), 10);
        assert_eq!(ten, Limit::Distance(0.45 - DISTANCE_PER_DECADE));
        let named: Vec<f32> = [Security::Convenient, Security::Balanced, Security::Strict]
            .into_iter()
            .map(|security| match of(&rules(security, None), 1) {
                Limit::Score(limit) => limit,
                Limit::Distance(_) => panic!("dlib is calibrated in scores"),
            })
            .collect();
        assert!(named[2] < named[1] && named[1] < named[0]);
        assert!(of(&rules(Security::Balanced, None), 3).value() < named[1]);
        assert_eq!(of(&rules(Security::Balanced, None), 0).value(), named[1]);
    }

    #[test]
    fn a_threshold_shrinks_by_the_scale_of_its_engine() {
        for (name, decade) in [(DLIB, 0.05), (uncalibrated::SFACE, 0.1), ("another", 0.1)] {
            let scale = Scale::of(EngineId {
                name: name.into(),
                model: "m".into(),
            });
            let ten = scale.limit(Strictness::Distance(0.45), 10);
            assert!((ten.value() - (0.45 - decade)).abs() < 1e-6, "{name}: {ten:?}");
        }
    }

    #[test]
    fn what_is_said_has_a_line_for_each_enabled_service_that_differs() {
        let of = |text| {
            said(
                &facelogin_config::parse(text, std::path::Path::new("a.toml")).unwrap(),
                None,
            )
        };
        let text = "frames = 2\n[services.login]\nenabled = true\nthreshold = 0.3\n[services.sddm]\nenabled = false\n\
                    security = 'strict'\n[services.i3lock]\nenabled = true\nliveness = 'off'\nframes = 3\n";
        let said = of(text);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3, "{said}");
        assert!(
            lines[0].ends_with("no error rate is stated for frames = 2"),
            "{said}"
        );
        assert!(
            lines[1].starts_with("i3lock: balanced: aims at") && lines[1].contains("liveness is off"),
            "{said}"
        );
        assert_eq!(lines[2], "login: threshold 0.3: no error rate is stated for it");
        assert_eq!(of("").lines().count(), 1);
    }

    #[test]
    fn r20_a_name_means_nothing_to_an_engine_that_is_not_known() {
        let strange = Scale::of(EngineId {
            name: "dlib-hog-resnet".into(),
            model: "of other models".into(),
        });
        for level in [Level::Convenient, Level::Balanced, Level::Strict] {
            let limit = strange.limit(Strictness::Named(level), 1);
            assert_eq!(limit, Limit::Distance(f32::NEG_INFINITY));
        }
        let distance = strange.limit(Strictness::Distance(0.4), 1);
        assert_eq!(distance, Limit::Distance(0.4));
    }
}
