//! Logins as the daemon holds them: a few pictures enrolled, and then a few fused, in several windows, until one is near.

use facelogin_score::{Comparer, Encoding, Fused, SINGLE_SLACK, WINDOWS};

use super::dataset::Data;
use super::encoder::Measure;
use super::faces::Shot;
use super::singles::measure;
use super::stats::histogram::Histogram;
use super::stats::threads;
use super::stats::trials::{Parts, Trials, Tries};

/// How a login goes.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Pictures that make a template.
    pub enrolled: usize,
    /// Pictures that make a probe.
    pub fused: usize,
    /// What is compared by.
    pub by: Measure,
}

/// One attempt: as many usable pictures as the daemon takes at most, one after the other.
pub struct Attempt {
    singles: Vec<Fused>,
    /// Of each run of [`Protocol::fused`] pictures.
    windows: Vec<Fused>,
}

impl Attempt {
    fn of(encodings: &[&Encoding], fused: usize, comparer: &Comparer) -> Option<Self> {
        let singles = encodings
            .iter()
            .map(|one| comparer.fuse(&[one]))
            .collect::<Option<Vec<_>>>()?;
        let windows = encodings
            .windows(fused)
            .map(|window| comparer.fuse(window))
            .collect::<Option<Vec<_>>>()?;
        (!windows.is_empty()).then_some(Self { singles, windows })
    }

    /// The smallest limit by which `facelogin_score::Login` lets this attempt in.
    pub fn limit(&self, template: &Fused, comparer: &Comparer, by: Measure) -> f32 {
        let near = |face: &Fused| measure(by, comparer.compare(template, face));
        let singles: Vec<f32> = self.singles.iter().map(near).collect();
        let length = self.singles.len() - self.windows.len() + 1;
        let windows = self.windows.iter().zip(singles.windows(length));
        windows
            .map(|(window, singles)| {
                let farthest = singles.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                near(window).max(farthest - SINGLE_SLACK)
            })
            .fold(f32::INFINITY, f32::min)
    }

    /// How near each probe of pictures that no other has comes, by itself.
    fn probes<'a>(
        &'a self,
        template: &'a Fused,
        comparer: &'a Comparer,
        by: Measure,
    ) -> impl Iterator<Item = f32> + 'a {
        let length = self.singles.len() - self.windows.len() + 1;
        let windows = self.windows.iter().step_by(length);
        windows.map(move |window| measure(by, comparer.compare(template, window)))
    }

    /// Whether it has as many windows as the daemon allows.
    fn full(&self, fused: usize) -> bool {
        self.singles.len() >= WINDOWS * fused
    }
}

/// What one person brings.
#[derive(Default)]
struct Brought {
    template: Option<Fused>,
    /// With pictures of other sessions than the template's, or where there are no sessions with other pictures.
    own: Vec<Attempt>,
    /// With all pictures, against others.
    others: Vec<Attempt>,
    /// With pictures that show no living person, by kind of attack.
    attacks: Vec<(usize, Attempt)>,
}

/// A group's logins.
pub struct Logins {
    people: Vec<Brought>,
    protocol: Protocol,
}

/// The tries of two protocols.
pub struct Tried {
    /// One probe against one template.
    pub fused: Trials,
    /// Whole logins.
    pub login: Trials,
    /// Share of the impostor logins that had all the windows that the daemon allows.
    pub full: Option<f64>,
}

impl Logins {
    /// Of the people in some groups.
    pub fn prepare(
        data: &Data,
        shots: &[Shot],
        in_group: impl Fn(usize) -> bool,
        protocol: Protocol,
        comparer: &Comparer,
    ) -> Self {
        let mut mine: Vec<Vec<&Shot>> = vec![Vec::new(); data.people.len()];
        for shot in shots {
            let person = data.pictures[shot.picture].person;
            if in_group(data.people[person].group) {
                mine[person].push(shot);
            }
        }
        let people = threads::map(&mine, |shots| brought(data, shots, protocol, comparer));
        Self { people, protocol }
    }

    /// Tries everybody against everybody.
    pub fn tried(&self, comparer: &Comparer) -> Tried {
        let by = self.protocol.by;
        let with_template: Vec<(u32, &Fused)> = self
            .people
            .iter()
            .enumerate()
            .filter_map(|(person, brought)| {
                brought
                    .template
                    .as_ref()
                    .map(|template| (person as u32, template))
            })
            .collect();
        let found = threads::map(&with_template, |(person, template)| {
            let mut tries = Found::default();
            for (other, brought) in self.people.iter().enumerate() {
                let other = other as u32;
                let own = other == *person;
                let attempts = if own { &brought.own } else { &brought.others };
                let (fused, login) = if own {
                    (&mut tries.own_fused, &mut tries.own_login)
                } else {
                    (&mut tries.fused, &mut tries.login)
                };
                for attempt in attempts {
                    login.push((attempt.limit(template, comparer, by), *person, other));
                    fused.extend(
                        attempt
                            .probes(template, comparer, by)
                            .map(|near| (near, *person, other)),
                    );
                }
            }
            tries
        });
        let mut all = Found::default();
        for one in found {
            all.own_fused.extend(one.own_fused);
            all.own_login.extend(one.own_login);
            all.fused.extend(one.fused);
            all.login.extend(one.login);
        }
        let count = |of: &dyn Fn(&Attempt) -> usize| -> Vec<u32> {
            let sum = |brought: &Brought| brought.others.iter().map(of).sum::<usize>();
            self.people.iter().map(|brought| sum(brought) as u32).collect()
        };
        let attempts: Vec<&Attempt> = self.people.iter().flat_map(|brought| &brought.others).collect();
        let full = attempts
            .iter()
            .filter(|attempt| attempt.full(self.protocol.fused))
            .count();
        Tried {
            fused: self.trials(
                all.own_fused,
                all.fused,
                count(&|attempt| attempt.windows.len().div_ceil(self.protocol.fused)),
            ),
            login: self.trials(all.own_login, all.login, count(&|_| 1)),
            full: (!attempts.is_empty()).then(|| full as f64 / attempts.len() as f64),
        }
    }

    /// Attacks on each person's own template: for each kind, the limit that lets each attempt in, and whom it shows.
    pub fn attacks(&self, comparer: &Comparer, kind: usize) -> Vec<(f32, u32)> {
        let mut limits = Vec::new();
        for (person, brought) in self.people.iter().enumerate() {
            for (of, attempt) in &brought.attacks {
                if let Some(template) = brought.template.as_ref().filter(|_| *of == kind) {
                    limits.push((attempt.limit(template, comparer, self.protocol.by), person as u32));
                }
            }
        }
        limits
    }

    fn trials(&self, own: Vec<(f32, u32, u32)>, others: Vec<(f32, u32, u32)>, probes: Vec<u32>) -> Trials {
        let mut impostor_histogram = Histogram::default();
        others
            .iter()
            .for_each(|(score, ..)| impostor_histogram.add(*score));
        let templates = self
            .people
            .iter()
            .map(|brought| u32::from(brought.template.is_some()));
        Trials {
            genuine: Tries::sorted(own),
            impostors: Tries::sorted(others),
            known_to: f32::INFINITY,
            impostor_histogram,
            parts: Parts {
                templates: templates.collect(),
                probes,
                symmetric: false,
            },
        }
    }
}

#[derive(Default)]
struct Found {
    own_fused: Vec<(f32, u32, u32)>,
    own_login: Vec<(f32, u32, u32)>,
    fused: Vec<(f32, u32, u32)>,
    login: Vec<(f32, u32, u32)>,
}

/// Sorts out one person's pictures.
fn brought(data: &Data, shots: &[&Shot], protocol: Protocol, comparer: &Comparer) -> Brought {
    // Runs of pictures of one session, each with its place and its face.
    let session = |shot: &Shot| data.pictures[shot.picture].session;
    let kind = |shot: &Shot| data.pictures[shot.picture].attack;
    let attempts = |shots: &[&Shot]| -> Vec<Attempt> {
        let mut found = Vec::new();
        for run in shots.chunk_by(|a, b| session(a) == session(b)) {
            let good: Vec<&Encoding> = run
                .iter()
                .filter_map(|shot| shot.good.as_ref().map(|good| &good.encoding))
                .collect();
            for part in good.chunks(WINDOWS * protocol.fused) {
                found.extend(Attempt::of(part, protocol.fused, comparer));
            }
        }
        found
    };
    let living: Vec<&Shot> = shots
        .iter()
        .copied()
        .filter(|shot| kind(shot).is_none())
        .collect();
    let mut attacks = Vec::new();
    for of in 0..data.attacks.len() {
        let shown: Vec<&Shot> = shots
            .iter()
            .copied()
            .filter(|shot| kind(shot) == Some(of))
            .collect();
        attacks.extend(attempts(&shown).into_iter().map(|attempt| (of, attempt)));
    }
    let mut brought = Brought {
        others: attempts(&living),
        attacks,
        ..Brought::default()
    };
    let enrolable = |shot: &&&Shot| shot.good.as_ref().is_some_and(|good| good.enrolable);
    for run in living.chunk_by(|a, b| session(a) == session(b)) {
        let candidates: Vec<&Shot> = run.iter().filter(enrolable).copied().collect();
        if candidates.len() < protocol.enrolled {
            continue;
        }
        // With sessions: spread over the whole of one. Without: the first.
        let sessions = session(run[0]) > 0;
        let chosen: Vec<&Shot> = (0..protocol.enrolled)
            .map(|n| {
                candidates[if sessions {
                    n * candidates.len() / protocol.enrolled
                } else {
                    n
                }]
            })
            .collect();
        let rest: Vec<&Shot> = living
            .iter()
            .copied()
            .filter(|shot| {
                if sessions {
                    session(shot) != session(run[0])
                } else {
                    chosen.iter().all(|one| one.picture != shot.picture)
                }
            })
            .collect();
        let encodings: Vec<&Encoding> = chosen
            .iter()
            .filter_map(|shot| shot.good.as_ref().map(|good| &good.encoding))
            .collect();
        brought.template = comparer.fuse(&encodings);
        brought.own = attempts(&rest);
        break;
    }
    brought
}

#[cfg(test)]
mod tests {
    use facelogin_score::{ENCODING_LEN, EngineId, Limit, Login, LoginRules};

    use super::*;
    use crate::commands::evaluate::stats::random::Random;

    fn comparer() -> Comparer {
        Comparer::of(&EngineId {
            name: "none".into(),
            model: "none".into(),
        })
    }

    fn encoding(random: &mut Random, spread: f32) -> Encoding {
        let values: Vec<f32> = (0..ENCODING_LEN)
            .map(|_| (random.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0) * spread)
            .collect();
        Encoding::try_from_slice(&values).unwrap()
    }

    #[test]
    fn the_limit_of_an_attempt_is_where_the_daemons_login_begins_to_let_it_in() {
        let comparer = comparer();
        let mut random = Random::new(1, 0);
        for case in 0..200 {
            let template = comparer.fuse(&[&encoding(&mut random, 0.05)]).unwrap();
            let count = 3 + case % 10;
            // Some pictures lie far off, so that the single pictures decide at times.
            let pictures: Vec<Encoding> = (0..count)
                .map(|_| {
                    let spread = if random.below(4) == 0 { 0.2 } else { 0.03 };
                    encoding(&mut random, spread)
                })
                .collect();
            let references: Vec<&Encoding> = pictures.iter().collect();
            let attempt = Attempt::of(&references, 3, &comparer).unwrap();
            for by in [Measure::Distance, Measure::Score] {
                let limit = attempt.limit(&template, &comparer, by);
                for (off, let_in) in [(1e-4, true), (-1e-4, false)] {
                    let limit = match by {
                        Measure::Distance => Limit::Distance(limit + off),
                        Measure::Score => Limit::Score(limit + off),
                    };
                    let rules = LoginRules { limit, frames: 3 };
                    let mut login = Login::new(rules, comparer.clone(), vec![template.clone()]);
                    pictures.iter().for_each(|picture| {
                        login.push(picture);
                    });
                    assert_eq!(login.matched().is_some(), let_in, "case {case}, {by:?}");
                }
            }
        }
    }

    #[test]
    fn fewer_pictures_than_a_probe_takes_are_no_attempt() {
        let one = encoding(&mut Random::new(1, 0), 0.1);
        assert!(Attempt::of(&[&one, &one], 3, &comparer()).is_none());
        assert!(!Attempt::of(&[&one; 3], 3, &comparer()).unwrap().full(3));
        assert!(Attempt::of(&[&one; 12], 3, &comparer()).unwrap().full(3));
    }
}
