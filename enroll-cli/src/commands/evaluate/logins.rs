//! Logins as the daemon holds them: a few pictures enrolled, and then a few fused, in several windows, until one is near.

use facelogin_score::{Comparer, Encoding, Fused, Limit, Login, LoginRules, WINDOWS};

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
    /// What the login sees; `None`: it is interrupted.
    seen: Vec<Option<Encoding>>,
    /// Of pictures that follow one another, each in one probe.
    probes: Vec<Fused>,
    /// Pictures of a probe.
    fused: usize,
}

impl Attempt {
    /// `None` where no [`Protocol::fused`] pictures follow one another.
    fn of(seen: Vec<Option<Encoding>>, fused: usize, comparer: &Comparer) -> Option<Self> {
        let runs = seen.split(Option::is_none);
        let probes: Vec<Fused> = runs
            .flat_map(|run| run.chunks_exact(fused))
            .filter_map(|probe| comparer.fuse(&probe.iter().flatten().collect::<Vec<_>>()))
            .collect();
        (!probes.is_empty()).then_some(Self { seen, probes, fused })
    }

    /// For each template the smallest limit by which the daemon lets this attempt in.
    pub fn limits(&self, templates: Vec<Fused>, comparer: &Comparer, by: Measure) -> Vec<f32> {
        // Never reached, so that all that the attempt has is looked at.
        let limit = match by {
            Measure::Distance => Limit::Distance(f32::NEG_INFINITY),
            Measure::Score => Limit::Score(f32::NEG_INFINITY),
        };
        let mut login = Login::new(self.rules(limit), comparer.clone(), templates);
        self.play(&mut login);
        // It has a whole probe, or it would be no attempt.
        let reach = |reach: &Option<f32>| reach.unwrap_or(f32::INFINITY);
        login.reaches().iter().map(reach).collect()
    }

    fn rules(&self, limit: Limit) -> LoginRules {
        LoginRules {
            limit,
            frames: self.fused,
        }
    }

    fn play(&self, login: &mut Login) {
        for picture in &self.seen {
            match picture {
                Some(encoding) => {
                    login.push(encoding);
                }
                None => login.interrupted(),
            }
        }
    }

    /// How near each probe of pictures that no other has comes, by itself.
    fn probes<'a>(
        &'a self,
        template: &'a Fused,
        comparer: &'a Comparer,
        by: Measure,
    ) -> impl Iterator<Item = f32> + 'a {
        let near = move |probe| measure(by, comparer.compare(template, probe));
        self.probes.iter().map(near)
    }

    /// Whether it has as many usable pictures as the daemon looks at.
    fn full(&self) -> bool {
        self.seen.iter().flatten().count() >= WINDOWS * self.fused
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
        let everybody: Vec<u32> = (0..self.people.len() as u32).collect();
        let found = threads::map(&everybody, |other| {
            let mut tries = Found::default();
            let brought = &self.people[*other as usize];
            for own in [true, false] {
                let against: Vec<(u32, &Fused)> = with_template
                    .iter()
                    .copied()
                    .filter(|(person, _)| (person == other) == own)
                    .collect();
                let templates: Vec<Fused> = against.iter().map(|(_, template)| (*template).clone()).collect();
                let (attempts, fused, login) = if own {
                    (&brought.own, &mut tries.own_fused, &mut tries.own_login)
                } else {
                    (&brought.others, &mut tries.fused, &mut tries.login)
                };
                for attempt in attempts {
                    let limits = attempt.limits(templates.clone(), comparer, by);
                    for ((person, template), limit) in against.iter().zip(limits) {
                        login.push((limit, *person, *other));
                        let probes = attempt.probes(template, comparer, by);
                        fused.extend(probes.map(|near| (near, *person, *other)));
                    }
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
        let full = attempts.iter().filter(|attempt| attempt.full()).count();
        Tried {
            fused: self.trials(all.own_fused, all.fused, count(&|attempt| attempt.probes.len())),
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
                    let limit = attempt.limits(vec![template.clone()], comparer, self.protocol.by);
                    limits.extend(limit.into_iter().map(|limit| (limit, person as u32)));
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
            let (mut seen, mut usable) = (Vec::new(), 0);
            for shot in run {
                if let Some(good) = shot.usable() {
                    seen.push(Some(good.encoding.clone()));
                    usable += 1;
                } else if shot.interrupts() {
                    seen.push(None);
                }
                // Then a login is over.
                if usable == WINDOWS * protocol.fused {
                    found.extend(Attempt::of(std::mem::take(&mut seen), protocol.fused, comparer));
                    usable = 0;
                }
            }
            found.extend(Attempt::of(seen, protocol.fused, comparer));
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
    let enrolable = |shot: &&&Shot| shot.usable().is_some_and(|good| good.enrolable);
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
            .filter_map(|shot| shot.usable().map(|good| &good.encoding))
            .collect();
        brought.template = comparer.fuse(&encodings);
        brought.own = attempts(&rest);
        break;
    }
    brought
}

#[cfg(test)]
mod tests {
    use facelogin_score::{ENCODING_LEN, EngineId};

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
            // In every other case somebody else walks through the view once.
            let mut seen: Vec<Option<Encoding>> = pictures.into_iter().map(Some).collect();
            if case % 2 == 1 {
                seen.insert(random.below(count), None);
            }
            let Some(attempt) = Attempt::of(seen, 3, &comparer) else {
                assert!(case % 2 == 1 && count < 6, "case {case}");
                continue;
            };
            for by in [Measure::Distance, Measure::Score] {
                let limit = attempt.limits(vec![template.clone()], &comparer, by)[0];
                for (off, let_in) in [(1e-4, true), (-1e-4, false)] {
                    let limit = match by {
                        Measure::Distance => Limit::Distance(limit + off),
                        Measure::Score => Limit::Score(limit + off),
                    };
                    let mut login =
                        Login::new(attempt.rules(limit), comparer.clone(), vec![template.clone()]);
                    attempt.play(&mut login);
                    assert_eq!(login.matched().is_some(), let_in, "case {case}, {by:?}");
                }
            }
        }
    }

    #[test]
    fn fewer_pictures_than_a_probe_takes_are_no_attempt() {
        let one = Some(encoding(&mut Random::new(1, 0), 0.1));
        let attempt = |seen: Vec<Option<Encoding>>| Attempt::of(seen, 3, &comparer());
        assert!(attempt(vec![one.clone(); 2]).is_none());
        assert!(attempt(vec![one.clone(), one.clone(), None, one.clone(), one.clone()]).is_none());
        assert!(!attempt(vec![one.clone(); 3]).unwrap().full());
        let full = attempt(vec![one; 12]).unwrap();
        assert!(full.full() && full.probes.len() == 4);
    }
}
