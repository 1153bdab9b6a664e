//! Ways to compare, held against the daemon's: what is printed of each.

use std::path::Path;

use facelogin_score::{Comparer, EngineId};

use crate::lines::{Result, people};
use crate::logins::{Daemons, Group, Kind, Way};
use crate::paired::{Measured, Sure};
use crate::rates::Rates;

/// False-match rates.
const RATES: [f64; 4] = [1e-3, 1e-4, 1e-5, 1e-6];

/// Pictures fused into a probe: the default.
const FRAMES: usize = 3;

/// As in `calibrate.rs`: a group whose smallest rate that rests on enough is larger sets no limit for all.
const FARTHEST: f64 = 0.1;

/// The groups that are measured, and the daemon's way on them.
pub struct Compared {
    groups: Vec<Group>,
    daemons: Vec<Measured>,
}

impl Compared {
    /// Of `GROUP=LINES.jsonl` each, as `--example calibrate` takes them.
    pub fn of(groups: &[String], engine: &EngineId, comparer: &Comparer) -> Result<Self> {
        let mut loaded = Vec::new();
        for group in groups {
            let (name, file) = group.split_once('=').ok_or("expected GROUP=LINES.jsonl")?;
            let read = |file: &str| Result::Ok(Group::of(name, people(Path::new(file), engine)?));
            loaded.push(match file.split_once('+') {
                Some((file, others)) => read(file)?.and_like_them(read(others)?),
                None => read(file)?,
            });
        }
        let daemons = Daemons {
            comparer,
            kind: Kind::Score,
        };
        let one = Self {
            daemons: measured(&loaded, &daemons),
            groups: loaded,
        };
        for (group, measured) in one.groups.iter().zip(&one.daemons) {
            let tries = measured.tries();
            println!(
                "{}: {} logins of strangers, {} of the enrolled, {} pairs of {} people; limits below {:.1e} are extrapolated",
                group.name,
                tries.impostors.len(),
                tries.genuine.len(),
                tries.pairs(),
                tries.people(),
                measured.known()
            );
        }
        println!("\nas the daemon does");
        one.print(&one.daemons, false);
        Ok(one)
    }

    /// Measures it and prints it.
    pub fn measure<W: Way>(&self, name: &str, way: &W) {
        println!("\n{name}");
        self.print(&measured(&self.groups, way), true);
    }

    fn print(&self, own: &[Measured], beside: bool) {
        for ((group, measured), daemons) in self.groups.iter().zip(own).zip(&self.daemons) {
            print!("  {}:", group.name);
            for (place, rate) in RATES.iter().enumerate() {
                print!("  {rate:.0e} {}", shown(measured.refused(place, *rate)));
            }
            println!();
            if beside {
                print!("    more than the daemon:");
                for (place, rate) in RATES.iter().enumerate() {
                    print!(
                        "  {rate:.0e} {}",
                        shown(measured.more_than(daemons, place, *rate))
                    );
                }
                println!();
            }
        }
        // As a level's limit is chosen: the worst group's is everybody's.
        for rate in RATES {
            let setting = own.iter().filter(|one| one.known() <= FARTHEST);
            let limit = setting.map(|one| one.limit(rate)).fold(f32::MAX, f32::min);
            print!("  within {limit:.3}, {rate:.0e} or less on all:");
            for (group, measured) in self.groups.iter().zip(own) {
                print!("  {} {:.1} %", group.name, 100.0 * measured.beyond(limit));
            }
            println!();
        }
        // How far apart the groups lie.
        let Some((first, others)) = own.split_first() else {
            return;
        };
        for rate in [1e-2, 1e-3] {
            print!("  where {rate:.0e} of {} match:", self.groups[0].name);
            for (group, measured) in self.groups[1..].iter().zip(others) {
                print!(
                    "  {} {:.2} %",
                    group.name,
                    100.0 * measured.matched(first.limit(rate))
                );
            }
            println!();
        }
    }
}

fn measured<W: Way>(groups: &[Group], way: &W) -> Vec<Measured> {
    let one = |group: &Group| {
        let deviation = Rates::among(group.singles_by(way).1).deviation();
        Measured::of(group.tries_by(way, FRAMES), &RATES, deviation)
    };
    groups.iter().map(one).collect()
}

fn shown(sure: Sure) -> String {
    format!(
        "{:.1} % ({:.1} to {:.1})",
        100.0 * sure.value,
        100.0 * sure.low,
        100.0 * sure.high
    )
}
