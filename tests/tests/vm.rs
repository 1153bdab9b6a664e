//! Boots the system of `tests/vm` once and reports each of its scenarios: real units, a real login, a real kernel's cameras.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use facelogin_tests::vm::{Scenario, System, artefacts, lacking, scenarios};
use libtest_mimic::{Arguments, Failed, Trial};

/// The trial that comes last.
const OFF: &str = "99-turns-itself-off";

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // In the order of the guest, which runs them one after another.
    arguments.test_threads = Some(1);
    let all = scenarios().unwrap();
    let lacking = if arguments.list { None } else { lacking() };
    let fatal = env::var_os("FACELOGIN_TEST_NO_SKIP").is_some();
    if let (Some(why), false) = (&lacking, fatal) {
        println!("skipped: {why}");
    }

    let wanted: Vec<Scenario> = all
        .iter()
        .filter(|one| selected(&arguments, &one.name) && due(&arguments, one.long))
        .cloned()
        .collect();
    let guest = Arc::new(Mutex::new(Guest {
        wanted,
        lacking: lacking.clone(),
        system: None,
        down: None,
        report: String::new(),
    }));
    let skip = lacking.is_some() && !fatal;
    let mut trials = Vec::new();
    for scenario in all {
        let guest = guest.clone();
        let (name, long) = (scenario.name.clone(), scenario.long);
        let trial = Trial::test(name, move || lock(&guest).run(&scenario));
        trials.push((trial, skip || long));
    }
    let last = guest.clone();
    // Where only the long ones are asked for, it is turned off as well.
    trials.push((
        Trial::test(OFF, move || lock(&last).turn_off()),
        skip || arguments.ignored,
    ));
    let trials = trials
        .into_iter()
        .map(|(trial, ignored)| trial.with_ignored_flag(ignored))
        .collect();

    let conclusion = libtest_mimic::run(&arguments, trials);
    print!("{}", lock(&guest).report);
    conclusion.exit_code()
}

fn lock(guest: &Mutex<Guest>) -> std::sync::MutexGuard<'_, Guest> {
    // What one trial left broken fails the next by its console.
    guest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As libtest chooses among those that are ignored.
fn due(arguments: &Arguments, long: bool) -> bool {
    arguments.include_ignored || arguments.ignored == long
}

/// As libtest chooses.
fn selected(arguments: &Arguments, name: &str) -> bool {
    let fits = |filter: &String| {
        if arguments.exact {
            name == filter
        } else {
            name.contains(filter.as_str())
        }
    };
    arguments.filter.as_ref().is_none_or(fits) && !arguments.skip.iter().any(fits)
}

/// The one system for all trials, booted by the first.
struct Guest {
    wanted: Vec<Scenario>,
    lacking: Option<String>,
    system: Option<System>,
    /// The scenario that did not end: none can come after it.
    down: Option<String>,
    /// For the end: what took how long.
    report: String,
}

impl Guest {
    fn system(&mut self) -> Result<&mut System, Failed> {
        if let Some(why) = &self.lacking {
            return Err(why.into());
        }
        if let Some(last) = &self.down {
            return Err(format!("the system was down by then; {last} tells more").into());
        }
        let system = match self.system.take() {
            Some(system) => system,
            None => System::boot(&self.wanted)?,
        };
        Ok(self.system.insert(system))
    }

    fn run(&mut self, scenario: &Scenario) -> Result<(), Failed> {
        let first = self.system.is_none();
        let start = Instant::now();
        let system = self.system()?;
        let outcome = system.outcome(scenario);
        let failure = outcome.failure();
        let failure = failure.map(|why| {
            if outcome.ended {
                why
            } else {
                format!("{why}\n--- its last lines\n{}", system.tail())
            }
        });
        let booted = system.booted().unwrap_or_default();
        if !outcome.ended {
            self.down = Some(scenario.name.clone());
        }
        let took = start
            .elapsed()
            .saturating_sub(if first { booted } else { Default::default() });
        if first {
            writeln!(
                self.report,
                "booted after {:.1} s; its console and journal: {}",
                booted.as_secs_f64(),
                artefacts().display()
            )?;
        }
        let seconds = took.as_secs_f64();
        writeln!(
            self.report,
            "{:24} {seconds:6.1} s, {} checks",
            scenario.name,
            outcome.held + outcome.wrong.len()
        )?;
        failure.map_or(Ok(()), |why| Err(why.into()))
    }

    fn turn_off(&mut self) -> Result<(), Failed> {
        Ok(self.system()?.off()?)
    }
}
