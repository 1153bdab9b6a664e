//! What can be said of a level to the person who chooses it: what it aims at, and what was measured.

use crate::calibration::{Calibration, Evidence, Level, LevelInfo};
use crate::uncalibrated;

/// One or two sentences on a level of the engine of this name.
pub fn claim(engine: &str, level: Level) -> String {
    let name = level.name();
    match Calibration::named(engine) {
        Some(table) => format!("{name}: {}", measured(table.level(level))),
        None => match uncalibrated::limit(engine, level, 1) {
            Some(_) => format!(
                "{name}: a cautious distance; the error rates of this engine were not measured, and none is claimed"
            ),
            None => format!(
                "{name}: not known for this engine, so no face matches; set a threshold, or another engine"
            ),
        },
    }
}

fn measured(info: &LevelInfo) -> String {
    let groups: Vec<String> = info.evidence.iter().map(of_a_group).collect();
    let support = if info.supported {
        ""
    } else {
        "; the data does not support the aim for everyone"
    };
    format!(
        "aims at letting in 1 stranger in {} (a whole login); measured, with 95 % confidence: {}{support}",
        thousands(1.0 / info.aim),
        groups.join(", ")
    )
}

fn of_a_group(evidence: &Evidence) -> String {
    format!(
        "at most 1 in {} among {} ({} people)",
        // Of the rate an upper bound, so of its inverse a lower one.
        thousands((1.0 / evidence.at_most).floor()),
        evidence.group,
        thousands(evidence.people as f64)
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
            let said = claim("dlib-hog-resnet", level);
            let info = Calibration::named("dlib-hog-resnet").unwrap().level(level);
            for evidence in &info.evidence {
                assert!(said.contains(&evidence.group), "{said}");
            }
            assert_eq!(said.contains("does not support"), !info.supported, "{said}");
            assert!(said.starts_with(level.name()), "{said}");
        }
        let balanced = claim("dlib-hog-resnet", Level::Balanced);
        assert!(balanced.contains("1 stranger in 100,000"), "{balanced}");
        assert!(claim(uncalibrated::SFACE, Level::Strict).contains("not measured"));
        assert!(claim("strange", Level::Strict).contains("no face matches"));
    }
}
