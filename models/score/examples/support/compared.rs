//! Ways to compare, held against the daemon's: what is printed of each.

use facelogin_score::{Comparer, EngineId};

use super::intervals;
use super::lines::Result;
use super::logins::{Daemons, Group, Kind, Tries, Way};
use super::rates::Rates;

/// False-match rates.
const RATES: [f64; 4] = [1e-3, 1e-4, 1e-5, 1e-6];

/// Pictures fused into a probe: the default.
const FRAMES: usize = 3;

/// As in `calibrate.rs`: a group whose smallest rate that rests on enough is larger sets no limit for all.
const FARTHEST: f64 = 0.1;

/// The logins of a group in one way.
struct Measured {
    tries: Tries,
    rates: Rates,
    /// By which limits are extrapolated.
    deviation: f32,
}

impl Measured {
    fn of<W: Way>(group: &Group, way: &W) -> Self {
        let tries = group.tries_by(way, FRAMES);
        Self {
            rates: Rates::of(&tries),
            deviation: Rates::among(group.singles_by(way).1).deviation(),
            tries,
        }
    }

    fn limit(&self, rate: f64) -> f32 {
        self.rates.limit(rate, self.deviation)
    }
}

/// The groups that are measured, and the daemon's way on them.
pub struct Compared {
    groups: Vec<Group>,
    daemons: Vec<Measured>,
}

impl Compared {
    /// Of `GROUP=LINES.jsonl` each, as `--example calibrate` takes them.
    pub fn of(groups: &[String], engine: &EngineId, comparer: &Comparer) -> Result<Self> {
        let loaded = groups.iter().map(|group| Group::read(group, engine));
        let loaded = loaded.collect::<Result<Vec<_>>>()?;
        let daemons = Daemons {
            comparer,
            kind: Kind::Score,
        };
        let one = Self {
            daemons: loaded.iter().map(|group| Measured::of(group, &daemons)).collect(),
            groups: loaded,
        };
        for (group, Measured { tries, rates, .. }) in one.groups.iter().zip(&one.daemons) {
            println!(
                "{}: {} logins of strangers, {} of the enrolled, {} pairs of {} people; limits below {:.1e} are extrapolated",
                group.name,
                tries.impostors.len(),
                tries.genuine.len(),
                tries.pairs(),
                tries.people(),
                rates.known()
            );
        }
        println!("\nas the daemon does");
        one.print(&one.daemons, false);
        Ok(one)
    }

    /// Measures it and prints it.
    pub fn measure<W: Way>(&self, name: &str, way: &W) {
        println!("\n{name}");
        let own: Vec<Measured> = self.groups.iter().map(|group| Measured::of(group, way)).collect();
        self.print(&own, true);
    }

    fn print(&self, own: &[Measured], beside: bool) {
        for ((group, measured), daemons) in self.groups.iter().zip(own).zip(&self.daemons) {
            print!("  {}:", group.name);
            for one in intervals::refused(&measured.tries, &RATES, measured.deviation) {
                print!("  {:.0e} {}", one.rate, shown(one.share, one.interval));
            }
            println!();
            if beside {
                print!("    more than the daemon:");
                let more = intervals::more(
                    (&measured.tries, measured.deviation),
                    (&daemons.tries, daemons.deviation),
                    &RATES,
                );
                for (rate, more) in RATES.iter().zip(more) {
                    print!("  {rate:.0e} {}", shown(more.share, more.interval));
                }
                println!();
            }
        }
        // As a level's limit is chosen: the worst group's is everybody's.
        for rate in RATES {
            let setting = own.iter().filter(|one| one.rates.known() <= FARTHEST);
            let limit = setting.map(|one| one.limit(rate)).fold(f32::MAX, f32::min);
            print!("  within {limit:.3}, {rate:.0e} or less on all:");
            for (group, measured) in self.groups.iter().zip(own) {
                let beyond = intervals::beyond(&measured.tries, limit);
                print!("  {} {}", group.name, shown(beyond.share, beyond.interval));
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
                let (share, (low, high)) = intervals::strangers_within(&measured.tries, first.limit(rate));
                // Of so few pairs of people.
                let unseen = intervals::unseen(measured.tries.pairs());
                print!("  {} {}", group.name, shown(share, (low, high.max(unseen))));
            }
            println!();
        }
    }
}

fn shown(share: f64, (low, high): (f64, f64)) -> String {
    format!(
        "{:.1} % ({:.1} to {:.1})",
        100.0 * share,
        100.0 * low,
        100.0 * high
    )
}
