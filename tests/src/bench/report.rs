//! Samples, their percentiles, and the table.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::machine::Machine;

/// One measured quantity.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Which part of the bench.
    pub section: String,
    /// What was measured.
    pub what: String,
    /// `ms`, `MB` or `% of a core`.
    pub unit: &'static str,
    /// How many samples.
    pub n: usize,
    /// The smallest: on a machine that does other things besides, the nearest to what the program itself takes.
    pub min: f64,
    /// The median.
    pub p50: f64,
    /// Nearest rank.
    pub p95: f64,
    /// The largest.
    pub max: f64,
    /// What to reach, in words: nothing is asserted.
    pub target: Option<&'static str>,
}

impl Row {
    /// From samples; `None` of none.
    pub fn of(section: &str, what: impl Into<String>, unit: &'static str, samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            section: section.into(),
            what: what.into(),
            unit,
            n: sorted.len(),
            min: *sorted.first()?,
            p50: percentile(&sorted, 50)?,
            p95: percentile(&sorted, 95)?,
            max: *sorted.last()?,
            target: None,
        })
    }

    /// With what to reach.
    pub fn target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }
}

/// Everything that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// What.
    pub rows: Vec<Row>,
    /// How to read it.
    pub notes: Vec<String>,
    /// Cases that did not end as they must: then the figures are of something else.
    pub wrong: Vec<String>,
}

impl Report {
    /// An empty one.
    pub fn new(machine: Machine) -> Self {
        Self {
            machine,
            rows: Vec::new(),
            notes: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// Adds a row from samples; nothing when there are none.
    pub fn add(&mut self, section: &str, what: impl Into<String>, unit: &'static str, samples: &[f64]) {
        self.rows.extend(Row::of(section, what, unit, samples));
    }

    /// As [`Report::add`], with what to reach.
    pub fn add_with_target(
        &mut self,
        section: &str,
        what: impl Into<String>,
        unit: &'static str,
        samples: &[f64],
        target: &'static str,
    ) {
        let row = Row::of(section, what, unit, samples);
        self.rows.extend(row.map(|row| row.target(target)));
    }

    /// As an aligned table.
    pub fn text(&self) -> String {
        let mut out = self.machine.text();
        let width = self.rows.iter().map(|row| row.what.len()).max().unwrap_or(0);
        let mut section = None;
        for row in &self.rows {
            if section != Some(&row.section) {
                section = Some(&row.section);
                // Writing to a String cannot fail.
                let _ = write!(out, "\n{}\n", row.section);
                let _ = writeln!(
                    out,
                    "  {:width$}  {:>5}  {:>9}  {:>9}  {:>9}  {:>9}  {:11}  target",
                    "", "n", "min", "p50", "p95", "max", "unit"
                );
            }
            let target = row.target.unwrap_or("");
            let line = format!(
                "  {:width$}  {:>5}  {:>9.2}  {:>9.2}  {:>9.2}  {:>9.2}  {:11}  {target}",
                row.what, row.n, row.min, row.p50, row.p95, row.max, row.unit
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
        for note in &self.notes {
            let _ = writeln!(out, "- {note}");
        }
        for wrong in &self.wrong {
            let _ = writeln!(out, "WRONG: {wrong}");
        }
        out
    }
}

/// Nearest rank of ascending samples; `None` of none.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (percent * sorted.len()).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The median; `None` of none.
pub fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 50)
}

/// In milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&twenty, 50), Some(10.0));
        assert_eq!(percentile(&twenty, 95), Some(19.0));
        assert_eq!(percentile(&twenty[..3], 95), Some(3.0));
        assert_eq!(percentile(&[], 50), None);
        let row = Row::of("s", "w", "ms", &[3.0, 1.0, 2.0]).unwrap();
        assert_eq!((row.n, row.p50, row.max), (3, 2.0, 3.0));
        assert!(Row::of("s", "w", "ms", &[]).is_none());
    }
}
