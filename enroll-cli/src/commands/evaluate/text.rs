//! The report for a terminal.

use facelogin_protocol::escape::for_log;

use super::liveness::Presentations;
use super::report::{Group, Report};
use super::stats::rates::{Estimate, Rates};
use crate::table::table;

/// All of it.
pub fn render(report: &Report) -> String {
    let mut parts = vec![head(report), acquired(report)];
    for (place, title) in TITLES.iter().enumerate() {
        parts.extend(protocol(report, place, title));
    }
    parts.extend(pairs(report));
    parts.extend(attacks(report));
    parts.push(FOOT.into());
    parts.join("\n\n")
}

const TITLES: [&str; 3] = [
    "One picture against one picture",
    "Template against one fused probe",
    "Logins",
];

const FOOT: &str = "All intervals are 95 %, by drawing people again; no upper end is below 3 / people, or 3 / pairs of \
                    people. `-`: too few tries to say. A rate marked `*` is not held with 95 % confidence \
                    by this data.";

fn head(report: &Report) -> String {
    let protocol = &report.protocol;
    let run = &report.run;
    format!(
        "engine {} ({:.12}), compared by {:?}\n{} pictures, {} of them from the cache; encoding {:.1} s, statistics {:.1} s",
        for_log(&report.engine, 100),
        for_log(&report.model, 100),
        protocol.compared_by,
        run.pictures,
        run.cached,
        run.encoding_s,
        run.statistics_s,
    )
    .to_lowercase()
}

fn acquired(report: &Report) -> String {
    let rows = report.acquired.iter().map(|group| {
        let flawed: Vec<String> = group
            .flawed
            .iter()
            .map(|(flaw, count)| format!("{flaw} {count}"))
            .collect();
        [
            group.group.clone(),
            group.people.to_string(),
            group.pictures.to_string(),
            group.unreadable.to_string(),
            group.no_face.to_string(),
            group.failure_to_acquire.map_or("-".into(), percent),
            flawed.join(", "),
        ]
    });
    let header = [
        "GROUP",
        "PEOPLE",
        "PICTURES",
        "UNREADABLE",
        "NO FACE",
        "NOT USABLE",
        "BECAUSE",
    ];
    format!("Pictures\n{}", table(header, rows))
}

fn protocol(report: &Report, place: usize, title: &str) -> Option<String> {
    let groups: Vec<(&Group, &Rates)> = report
        .groups
        .iter()
        .filter_map(|group| group.protocols()[place].1.map(|rates| (group, rates)))
        .collect();
    if groups.is_empty() {
        return Some(format!("{title}: nobody has enough pictures for it"));
    }
    let worst = report
        .worst
        .iter()
        .find(|worst| worst.protocol == ["single", "fused", "login"][place]);
    let several = groups.len() > 1;
    let mut rows: Vec<[String; 9]> = groups
        .iter()
        .map(|(group, rates)| rates_row(&group.group, rates))
        .collect();
    if let Some(worst) = worst.filter(|_| several) {
        let at = |index: usize| {
            worst
                .fnmr_at
                .get(index)
                .copied()
                .flatten()
                .map_or("-".into(), percent)
        };
        let eer = worst.eer.map_or("-".into(), percent);
        let empty = String::new;
        rows.push([
            "worst".into(),
            empty(),
            empty(),
            empty(),
            eer,
            at(0),
            at(1),
            at(2),
            at(3),
        ]);
    }
    let header = [
        "GROUP",
        "PEOPLE",
        "GENUINE",
        "IMPOSTOR",
        "EER",
        "FNMR AT 1e-3",
        "AT 1e-4",
        "AT 1e-5",
        "AT 1e-6",
    ];
    let mut text = format!("{title}\n{}", table(header, rows));
    if place > 0 {
        let mut rows: Vec<[String; 6]> = groups
            .iter()
            .flat_map(|(group, rates)| level_rows(&group.group, rates))
            .collect();
        if let Some(worst) = worst.filter(|_| several) {
            rows.extend(worst.levels.iter().map(|level| {
                let to = level
                    .fmr_high
                    .map_or(String::new(), |high| format!(" (to {})", small(high)));
                [
                    "worst".into(),
                    level.name.clone(),
                    String::new(),
                    level.fmr.map_or("-".into(), |fmr| format!("{}{to}", small(fmr))),
                    String::new(),
                    level.fnmr.map_or("-".into(), percent),
                ]
            }));
        }
        let header = [
            "GROUP",
            "LEVEL",
            "LIMIT",
            "FALSE MATCHES",
            "OF",
            "FALSE NON-MATCHES",
        ];
        if !rows.is_empty() {
            text = format!("{text}\n\n{}", table(header, rows));
        }
        let short = groups
            .iter()
            .filter_map(|(group, _)| group.full_logins.map(|full| (group, full)));
        if place == 2 {
            for (group, full) in short {
                text = format!(
                    "{text}\n{}: {} of the impostor logins had every try the daemon allows.",
                    for_log(&group.group, 200),
                    percent(full)
                );
            }
        }
    }
    Some(text)
}

fn rates_row(name: &str, rates: &Rates) -> [String; 9] {
    let at = |index: usize| {
        let at = &rates.at[index];
        if !rates.told(index) {
            return "-".into();
        }
        let mark = if at.held.is_some() { "" } else { "*" };
        format!("{}{mark}", interval(&at.fnmr))
    };
    [
        name.into(),
        rates.people.to_string(),
        rates.genuine.tries.to_string(),
        rates.impostor.tries.to_string(),
        interval(&rates.eer),
        at(0),
        at(1),
        at(2),
        at(3),
    ]
}

fn level_rows(name: &str, rates: &Rates) -> Vec<[String; 6]> {
    let row = |level: &super::stats::rates::AtLevel| {
        let high = level
            .fmr
            .high
            .map_or(String::new(), |high| format!(" (to {})", small(high)));
        [
            name.into(),
            level.name.clone(),
            format!("{:.3}", level.limit),
            format!("{}{high}", level.fmr.value.map_or("-".into(), small)),
            format!("{}/{}", level.false_matches, rates.impostor.tries),
            format!(
                "{} {}/{}",
                interval(&level.fnmr),
                level.false_non_matches,
                rates.genuine.tries
            ),
        ]
    };
    rates.levels.iter().map(row).collect()
}

fn pairs(report: &Report) -> Option<String> {
    let pairs = report.pairs.as_ref()?;
    let error = pairs.standard_error.map_or(
        " (threshold chosen on the same pairs, which flatters)".into(),
        |error| format!(" +- {:.2} % over {} folds", error * 100.0, pairs.folds),
    );
    Some(format!(
        "Pairs: {:.2} % right{error}; {} pairs, {} with a face that was not found counted as wrong",
        pairs.mean * 100.0,
        pairs.pairs,
        pairs.not_found
    ))
}

fn attacks(report: &Report) -> Option<String> {
    let mut rows = Vec::new();
    let mut matched = Vec::new();
    for group in &report.attacks {
        for (name, of) in
            std::iter::once(("BPCER", &group.live)).chain(group.kinds.iter().map(|kind| ("APCER", kind)))
        {
            rows.extend(presentations(&group.group, name, of));
            matched.extend(of.matched.iter().map(|one| {
                [
                    group.group.clone(),
                    of.kind.clone(),
                    one.level.clone(),
                    format!("{} {}/{}", interval(&one.rate), one.matches, one.attacks),
                ]
            }));
        }
    }
    if report.attacks.is_empty() {
        return None;
    }
    let mut text = if rows.is_empty() {
        "Attacks: this engine has no liveness network loaded, so nothing tells them from people.".to_owned()
    } else {
        let header = ["GROUP", "SHOWN", "PEOPLE", "TIMES", "RATE", "ALIVE FROM", "WRONG"];
        format!("Liveness\n{}", table(header, rows))
    };
    if !matched.is_empty() {
        let header = ["GROUP", "ATTACK", "LEVEL", "MATCHES THE PERSON IT SHOWS"];
        text = format!("{text}\n\n{}", table(header, matched));
    }
    Some(text)
}

fn presentations(group: &str, rate: &str, of: &Presentations) -> Vec<[String; 7]> {
    let row = |wrong: &super::liveness::Wrong| {
        let mark = if wrong.daemons { " (the daemon's)" } else { "" };
        [
            group.into(),
            of.kind.clone(),
            of.people.to_string(),
            of.presentations.to_string(),
            rate.into(),
            format!("{}{mark}", wrong.threshold),
            format!("{} {}/{}", interval(&wrong.rate), wrong.errors, of.presentations),
        ]
    };
    of.wrong.iter().map(row).collect()
}

/// `1.2 % (0.8..1.9)`.
fn interval(estimate: &Estimate) -> String {
    let Some(value) = estimate.value else {
        return "-".into();
    };
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} ({}..{})", percent(value), bare(low), bare(high)),
        _ => percent(value),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", bare(share))
}

fn bare(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 9.95 || percent == 0.0 {
        format!("{percent:.0}")
    } else if percent >= 0.995 {
        format!("{percent:.1}")
    } else {
        format!("{percent:.2}")
    }
}

/// `0`, `2.3e-5`.
fn small(rate: f64) -> String {
    if rate == 0.0 {
        "0".into()
    } else {
        format!("{rate:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_with_the_digits_they_have() {
        let estimate = |value, low, high| Estimate {
            value: Some(value),
            low: Some(low),
            high: Some(high),
        };
        assert_eq!(interval(&estimate(0.268, 0.25, 0.3)), "27 % (25..30)");
        assert_eq!(interval(&estimate(0.0, 0.0, 0.0345)), "0 % (0..3.5)");
        assert_eq!(interval(&estimate(0.0123, 0.0004, 0.02)), "1.2 % (0.04..2.0)");
        let unknown = Estimate {
            value: None,
            low: None,
            high: None,
        };
        assert_eq!(interval(&unknown), "-");
        assert_eq!((small(0.0), small(0.0000234)), ("0".into(), "2.3e-5".into()));
    }
}
