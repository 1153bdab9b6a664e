//! The lines of the console: `VM RESULT`, `VM NOTE` and the like, among whatever else is said there.

use std::collections::HashMap;

/// What is known of one scenario.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All that was said while it ran.
    pub said: Vec<String>,
    /// How many checks held.
    pub held: usize,
    /// The checks that did not.
    pub wrong: Vec<String>,
    /// Whether it has ended.
    pub ended: bool,
}

impl Outcome {
    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<String> {
        let why = match (self.ended, self.wrong.as_slice(), self.held) {
            (false, ..) => "it did not end".to_owned(),
            (true, [], 0) => "it checked nothing".to_owned(),
            (true, [], _) => return None,
            (true, wrong, _) => wrong.join("\n"),
        };
        Some(format!(
            "{why}\n--- what was said meanwhile\n{}",
            tail(&self.said, 80)
        ))
    }
}

/// All that was said so far.
#[derive(Debug, Default)]
pub struct Console {
    outcomes: HashMap<String, Outcome>,
    /// The scenario that is running.
    current: Option<String>,
    lines: Vec<String>,
    done: bool,
}

impl Console {
    /// Takes in one more line. True when the clock of the current scenario begins anew: at its start and after each boot.
    pub fn hear(&mut self, line: &str) -> bool {
        let line = line.trim_end();
        if line.is_empty() {
            return false;
        }
        self.lines.push(line.to_owned());
        let (verb, rest) = match line.strip_prefix("VM ") {
            Some(told) => told.split_once(' ').unwrap_or((told, "")),
            None => ("", ""),
        };
        match verb {
            "START" => self.current = Some(rest.to_owned()),
            "DONE" => self.done = true,
            _ => {}
        }
        if let Some(current) = &self.current {
            let outcome = self.outcomes.entry(current.clone()).or_default();
            outcome.said.push(line.to_owned());
            match verb {
                "RESULT" if rest.starts_with("ok ") => outcome.held += 1,
                "RESULT" => outcome.wrong.push(rest.to_owned()),
                "END" => outcome.ended = true,
                _ => {}
            }
        }
        if verb == "END" {
            self.current = None;
        }
        matches!(verb, "START" | "BOOT" | "END")
    }

    /// What is known of a scenario.
    pub fn outcome(&self, scenario: &str) -> Outcome {
        self.outcomes.get(scenario).cloned().unwrap_or_default()
    }

    /// Whether it went through all that it was to do.
    pub fn done(&self) -> bool {
        self.done
    }

    /// The last lines.
    pub fn tail(&self, count: usize) -> String {
        tail(&self.lines, count)
    }
}

fn tail(lines: &[String], count: usize) -> String {
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Outcome {
        let mut console = Console::default();
        for line in lines {
            console.hear(line);
        }
        console.outcome("05-units")
    }

    #[test]
    fn a_scenario_passes_when_it_ended_and_all_of_its_checks_held() {
        let outcome = heard(&[
            "VM START 05-units",
            "VM RESULT ok 05-units: up: yes\r",
            "VM END 05-units",
        ]);
        assert_eq!(outcome.failure(), None);
    }

    #[test]
    fn a_check_that_does_not_hold_fails_it_with_what_was_said_around_it() {
        let outcome = heard(&[
            "VM START 05-units",
            "Oops: 0000",
            "VM RESULT FAIL 05-units: up: no, expected yes",
            "VM RESULT ok 05-units: more: yes",
            "VM END 05-units",
        ]);
        let why = outcome.failure().unwrap();
        assert!(why.starts_with("FAIL 05-units: up: no, expected yes\n"), "{why}");
        assert!(why.contains("Oops: 0000"), "{why}");
    }

    #[test]
    fn one_that_never_ran_never_ended_or_checked_nothing_fails() {
        assert!(heard(&[]).failure().unwrap().starts_with("it did not end"));
        let held = "VM RESULT ok 05-units: up: yes";
        let unended = heard(&["VM START 05-units", held]);
        assert!(unended.failure().unwrap().starts_with("it did not end"));
        let empty = heard(&["VM START 05-units", "VM END 05-units", held]);
        assert!(empty.failure().unwrap().starts_with("it checked nothing"));
    }

    #[test]
    fn empty_lines_say_nothing() {
        let outcome = heard(&["VM START 05-units", "", "\r", "VM END 05-units"]);
        assert_eq!(outcome.said, ["VM START 05-units", "VM END 05-units"]);
    }

    #[test]
    fn a_reboot_goes_on_with_the_same_scenario() {
        let outcome = heard(&[
            "VM START 05-units",
            "VM RESULT ok 05-units: first: yes",
            "VM BOOT systemd 252",
            "VM RESULT ok 05-units: second: yes",
            "VM END 05-units",
        ]);
        assert_eq!((outcome.held, outcome.ended), (2, true));
    }
}
