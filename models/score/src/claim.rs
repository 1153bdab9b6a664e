//! What can be said to the person who configures it: what a level aims at, and what was measured.

use crate::calibration::{Calibration, Evidence, Level, LevelInfo};
use crate::uncalibrated;

/// What of a claim falls short of what the level's name aims at: [`shortfalls`] finds these words.
const UNSUPPORTED: &str = "the data does not support the aim for everyone";
const NONE_FOR_FRAMES: &str = "no error rate is stated for frames = ";
const NONE_FOR_DISTANCE: &str = "no error rate is stated for it";
const UNMEASURED: &str = "the error rates of this engine were not measured, and none is claimed";
/// And what lets nobody in at all.
pub const NOBODY: &str = "not known for this engine, so no face matches";

/// What is asked of a match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strictness {
    /// A named level.
    Named(Level),
    /// A raw distance.
    Distance(f32),
}

/// The rules of a login that its error rates hang on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// How near is near enough.
    pub strictness: Strictness,
    /// Pictures fused into a probe.
    pub frames: u32,
    /// Whether the face must look alive, as far as that can be told.
    pub liveness: bool,
}

/// What can be said of the general rules with the engine of this name, and a line more for each of the services whose
/// rules differ from them.
pub fn claims<'a>(
    engine: &str,
    general: Asked,
    services: impl IntoIterator<Item = (&'a str, Asked)>,
) -> Vec<String> {
    let differing = services.into_iter().filter(|(_, asked)| *asked != general);
    let of_services = differing.map(|(name, asked)| format!("{name}: {}", claim(engine, asked)));
    std::iter::once(claim(engine, general))
        .chain(of_services)
        .collect()
}

/// One or two sentences on the rules of a login with the engine of this name.
pub fn claim(engine: &str, asked: Asked) -> String {
    let alive = if asked.liveness {
        ""
    } else {
        "; liveness is off: a picture of the face may be taken for it"
    };
    match asked.strictness {
        Strictness::Named(level) => format!(
            "{}: {}{alive}",
            level.name(),
            of_level(engine, level, asked.frames)
        ),
        Strictness::Distance(distance) => {
            format!("threshold {distance}: {NONE_FOR_DISTANCE}{alive}")
        }
    }
}

/// The parts of what [`claim`] says that fall short: that the aim is not supported, that nothing was measured, or
/// [`NOBODY`]. Empty where the data supports the aim.
pub fn shortfalls(said: &str) -> Vec<&str> {
    let short = [
        UNSUPPORTED,
        NONE_FOR_FRAMES,
        NONE_FOR_DISTANCE,
        UNMEASURED,
        NOBODY,
    ];
    let parts = said.split("; ");
    parts
        .filter(|part| short.iter().any(|words| part.contains(words)))
        .collect()
}

fn of_level(engine: &str, level: Level, frames: u32) -> String {
    match Calibration::named(engine) {
        Some(table) if table.frames == frames as usize => measured(table.level(level)),
        Some(table) => format!(
            "measured with {} fused pictures; {NONE_FOR_FRAMES}{frames}",
            table.frames
        ),
        None => match uncalibrated::limit(engine, level, 1) {
            Some(_) => {
                format!("a cautious distance; {UNMEASURED}")
            }
            None => {
                format!("{NOBODY}; set a threshold, or another engine")
            }
        },
    }
}

fn measured(info: &LevelInfo) -> String {
    let groups: Vec<String> = info.evidence.iter().map(of_a_group).collect();
    let support = if info.supported {
        String::new()
    } else {
        format!("; {UNSUPPORTED}")
    };
    format!(
        "aims at letting in 1 stranger in {} (a whole login); measured in colour, with 95 % confidence: {}{support}; no error rate \
         is stated for infrared cameras",
        thousands(1.0 / info.aim),
        groups.join(", ")
    )
}

fn of_a_group(evidence: &Evidence) -> String {
    // Of the rate an upper bound, so of its inverse a lower one.
    let one_in = |rate: f64| thousands((1.0 / rate).floor());
    format!(
        "at most 1 in {} among {} ({} pairs of {} people, taken as independent; if only pairs that share nobody are, 1 in {})",
        one_in(evidence.at_most),
        evidence.group,
        thousands(evidence.pairs as f64),
        thousands(evidence.people as f64),
        one_in(evidence.at_most_disjoint)
    )
}

/// A number above 0, to the nearest whole, with its thousands apart.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const DLIB: &str = "dlib-hog-resnet";

    fn named(level: Level) -> Asked {
        Asked {
            strictness: Strictness::Named(level),
            frames: 3,
            liveness: true,
        }
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        for (number, text) in [
            (7.0, "7"),
            (999.6, "1,000"),
            (10_000.0, "10,000"),
            (1e6, "1,000,000"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn a_level_never_claims_more_than_was_measured() {
        for level in [Level::Convenient, Level::Balanced, Level::Strict] {
            let said = claim(DLIB, named(level));
            let info = Calibration::named(DLIB).unwrap().level(level);
            for evidence in &info.evidence {
                let bound = thousands((1.0 / evidence.at_most).floor());
                assert!(
                    said.contains(&format!("1 in {bound} among {}", evidence.group)),
                    "{said}"
                );
                let pairs = format!(
                    "{} pairs of {} people, taken as independent",
                    thousands(evidence.pairs as f64),
                    evidence.people
                );
                assert!(said.contains(&pairs), "{said}");
            }
            assert_eq!(said.contains("does not support"), !info.supported, "{said}");
            assert!(said.starts_with(level.name()), "{said}");
            assert!(said.contains("no error rate is stated for infrared"), "{said}");
        }
        let balanced = claim(DLIB, named(Level::Balanced));
        assert!(balanced.contains("1 stranger in 100,000"), "{balanced}");
        assert!(claim(uncalibrated::SFACE, named(Level::Strict)).contains("not measured"));
        assert!(claim("strange", named(Level::Strict)).contains("no face matches"));
    }

    #[test]
    fn nothing_is_claimed_for_rules_that_were_not_measured() {
        for frames in [1, 2, 4, 10] {
            let said = claim(
                DLIB,
                Asked {
                    frames,
                    ..named(Level::Balanced)
                },
            );
            assert_eq!(
                said,
                format!(
                    "balanced: measured with 3 fused pictures; no error rate is stated for frames = {frames}"
                )
            );
        }
        let asked = Asked {
            strictness: Strictness::Distance(0.36),
            ..named(Level::Balanced)
        };
        assert_eq!(
            claim(DLIB, asked),
            "threshold 0.36: no error rate is stated for it"
        );
    }

    #[test]
    fn what_falls_short_is_found_in_what_is_said() {
        let levels = [Level::Convenient, Level::Balanced, Level::Strict];
        for level in levels {
            let info = Calibration::named(DLIB).unwrap().level(level);
            let said = claim(DLIB, named(level));
            assert_eq!(shortfalls(&said).is_empty(), info.supported, "{said}");
            let measured = measured(&LevelInfo {
                supported: !info.supported,
                ..info.clone()
            });
            assert_eq!(shortfalls(&measured).is_empty(), !info.supported, "{measured}");
            let frames = claim(
                DLIB,
                Asked {
                    frames: 2,
                    ..named(level)
                },
            );
            assert_eq!(shortfalls(&frames), ["no error rate is stated for frames = 2"]);
            let other = claim(uncalibrated::SFACE, named(level));
            assert_eq!(shortfalls(&other), [UNMEASURED]);
            assert!(shortfalls(&claim("strange", named(level)))[0].contains(NOBODY));
        }
        let distance = Asked {
            strictness: Strictness::Distance(0.3),
            liveness: false,
            ..named(Level::Strict)
        };
        let said = claim(DLIB, distance);
        assert_eq!(
            shortfalls(&said),
            ["threshold 0.3: no error rate is stated for it"]
        );
    }

    #[test]
    fn every_service_that_differs_has_a_line_of_its_own() {
        let general = named(Level::Balanced);
        let said = claims(
            DLIB,
            general,
            [
                ("login", general),
                ("sudo", named(Level::Strict)),
                ("i3lock", Asked { frames: 1, ..general }),
                (
                    "swaylock",
                    Asked {
                        liveness: false,
                        ..general
                    },
                ),
            ],
        );
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(
            said[0].starts_with("balanced: aims at") && !said[0].contains("liveness"),
            "{said:?}"
        );
        assert!(said[1].starts_with("sudo: strict: aims at"), "{said:?}");
        assert!(
            said[2].starts_with("i3lock: balanced: measured with 3"),
            "{said:?}"
        );
        assert!(
            said[3].starts_with("swaylock: balanced: aims at") && said[3].contains("liveness is off"),
            "{said:?}"
        );
    }
}
