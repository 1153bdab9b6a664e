//! The report as one page that needs nothing else: the tables as on the terminal, and plots.

use super::error::EvaluateError;
use super::plots::{Axis, Bar, Line, bars, lines};
use super::report::{Group, Report};
use super::stats::rates::{Distribution, Estimate, Rates};
use super::text;

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
                     pre{overflow-x:auto;background:#f6f6f6;padding:1em;font-size:13px}svg{max-width:100%;height:auto}\
                     h2{margin-top:2em}";

/// The page.
pub fn page(report: &Report) -> Result<String, EvaluateError> {
    let mut body = format!("<pre>{}</pre>\n", escaped(&text::render(report)));
    for (place, (name, what)) in [
        ("single", "One picture against one picture"),
        ("fused", "Template against one fused probe"),
        ("login", "Logins"),
    ]
    .iter()
    .enumerate()
    {
        let groups: Vec<(&Group, &Rates)> = report
            .groups
            .iter()
            .filter_map(|group| group.protocols()[place].1.map(|rates| (group, rates)))
            .collect();
        if groups.is_empty() {
            continue;
        }
        body.push_str(&format!("<h2 id=\"{name}\">{what}</h2>\n"));
        body.push_str(&tradeoff(&groups)?);
        body.push_str(&refused(&groups)?);
        for (group, rates) in &groups {
            body.push_str(&distributions(&group.group, rates)?);
        }
    }
    body.push_str(&quality(report)?);
    body.push_str(&attacks(report)?);
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>facelogin: error rates</title>\
         <style>{STYLE}</style></head>\n<body><h1>facelogin: error rates</h1>\n{body}</body></html>\n"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// False matches against false non-matches.
fn tradeoff(groups: &[(&Group, &Rates)]) -> Result<String, EvaluateError> {
    let curves: Vec<Line> = groups
        .iter()
        .map(|(group, rates)| Line {
            name: group.group.clone(),
            points: rates.curve.iter().map(|point| (point.fmr, point.fnmr)).collect(),
        })
        .collect();
    let axis = |name, from| Axis {
        name,
        from,
        to: 1.0,
        log: true,
    };
    lines(
        "False non-matches against false matches",
        axis("false-match rate", 1e-7),
        axis("false-non-match rate", 1e-4),
        &curves,
    )
}

/// False non-matches at fixed rates of false matches.
fn refused(groups: &[(&Group, &Rates)]) -> Result<String, EvaluateError> {
    let names: Vec<String> = groups.iter().map(|(group, _)| group.group.clone()).collect();
    let first = groups
        .first()
        .map(|(_, rates)| rates.at.as_slice())
        .unwrap_or(&[]);
    let targets: Vec<String> = first.iter().map(|at| format!("{:.0e}", at.fmr)).collect();
    let mut all = Vec::new();
    for (series, (_, rates)) in groups.iter().enumerate() {
        for (cluster, at) in rates.at.iter().enumerate() {
            if let Some(value) = at.fnmr.value.filter(|_| rates.told(cluster)) {
                all.push(Bar {
                    cluster,
                    series,
                    value: value * 100.0,
                    interval: ends(&at.fnmr),
                });
            }
        }
    }
    bars(
        "False non-matches where false matches are held at a rate (with 95 % intervals)",
        "false-match rate",
        "false-non-match rate (%)",
        &targets,
        &names,
        &all,
    )
}

fn ends(estimate: &Estimate) -> Option<(f64, f64)> {
    estimate
        .low
        .zip(estimate.high)
        .map(|(low, high)| (low * 100.0, high * 100.0))
}

fn distributions(group: &str, rates: &Rates) -> Result<String, EvaluateError> {
    let line = |name: &str, of: &Distribution| Line {
        name: format!("{name} ({} tries)", of.tries),
        points: of
            .bins
            .iter()
            .enumerate()
            .map(|(bin, count)| {
                let middle = of.from + of.width * (bin as f32 + 0.5);
                (f64::from(middle), *count as f64 / of.tries.max(1) as f64)
            })
            .collect(),
    };
    let end = |of: &Distribution| f64::from(of.from + of.width * of.bins.len() as f32);
    let both = [line("genuine", &rates.genuine), line("impostor", &rates.impostor)];
    let x = Axis {
        name: "distance, or score",
        from: f64::from(rates.genuine.from.min(rates.impostor.from)),
        to: end(&rates.genuine).max(end(&rates.impostor)),
        log: false,
    };
    let y = Axis {
        name: "share of the tries in a bin",
        from: 1e-7,
        to: 1.0,
        log: true,
    };
    lines(&format!("Scores: {group}"), x, y, &both)
}

fn quality(report: &Report) -> Result<String, EvaluateError> {
    let mut plots = "<h2 id=\"quality\">Quality of the faces that a login would compare</h2>\n".to_owned();
    let Some(first) = report.acquired.first() else {
        return Ok(plots);
    };
    for (place, measure) in first.quality.iter().enumerate() {
        let mut highest = 0.01_f64;
        let mut all = Vec::new();
        for group in &report.acquired {
            let Some(of) = group.quality.get(place) else {
                continue;
            };
            let total = of.bins.iter().sum::<u32>().max(1);
            let share = |count: &u32| f64::from(*count) / f64::from(total);
            highest = of.bins.iter().map(share).fold(highest, f64::max);
            let middle = |bin: usize| f64::from(of.from) + f64::from(of.width) * (bin as f64 + 0.5);
            all.push(Line {
                name: group.group.clone(),
                points: of
                    .bins
                    .iter()
                    .enumerate()
                    .map(|(bin, count)| (middle(bin), share(count)))
                    .collect(),
            });
        }
        let x = Axis {
            name: measure.name,
            from: f64::from(measure.from),
            to: f64::from(measure.from + measure.width * measure.bins.len() as f32),
            log: false,
        };
        let y = Axis {
            name: "share of the faces in a bin",
            from: 0.0,
            to: highest * 1.05,
            log: false,
        };
        plots.push_str(&lines(measure.name, x, y, &all)?);
    }
    Ok(plots)
}

fn attacks(report: &Report) -> Result<String, EvaluateError> {
    let mut plots = String::new();
    for group in &report.attacks {
        let shown: Vec<_> = std::iter::once(&group.live)
            .chain(&group.kinds)
            .filter(|of| of.presentations > 0)
            .collect();
        if shown.is_empty() {
            continue;
        }
        let all: Vec<Line> = shown
            .iter()
            .map(|of| Line {
                name: format!("{} ({})", of.kind, of.presentations),
                points: of
                    .bins
                    .iter()
                    .enumerate()
                    .map(|(bin, count)| {
                        (
                            (bin as f64 + 0.5) / 20.0,
                            f64::from(*count) / of.presentations as f64,
                        )
                    })
                    .collect(),
            })
            .collect();
        let axis = |name| Axis {
            name,
            from: 0.0,
            to: 1.0,
            log: false,
        };
        let title = format!("Liveness: {}", group.group);
        plots.push_str(&lines(
            &title,
            axis("how alive it looks, 0 to 1"),
            axis("share of the presentations"),
            &all,
        )?);
    }
    if plots.is_empty() {
        return Ok(plots);
    }
    Ok(format!("<h2 id=\"attacks\">Attacks</h2>\n{plots}"))
}
