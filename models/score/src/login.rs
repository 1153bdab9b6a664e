//! One login: usable pictures in, a match or none. The daemon decides with it, and whoever measures error rates of a
//! login measures it.

use std::collections::VecDeque;

use crate::{Comparer, Comparison, Encoding, Fused, Limit};

/// After this many times the needed pictures without a match a login is over: looking longer only gives a stranger more
/// tries.
pub const WINDOWS: usize = 4;

/// What a match takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoginRules {
    /// How near the fused probe must come to a template, for this number of templates.
    pub limit: Limit,
    /// Usable pictures that are fused into a probe; 0 never matches.
    pub frames: usize,
}

/// The template that matched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Its place among those given.
    pub template: usize,
    /// How near it was.
    pub comparison: Comparison,
}

/// A login in progress.
#[derive(Debug)]
pub struct Login {
    rules: LoginRules,
    comparer: Comparer,
    templates: Vec<Fused>,
    window: VecDeque<(Encoding, Fused)>,
    usable: usize,
    compared: bool,
    matched: Option<Match>,
    best: Option<Comparison>,
    /// Of each template.
    reaches: Vec<Option<f32>>,
}

impl Login {
    /// Begins, against the user's own templates. Without any nothing ever matches.
    pub fn new(rules: LoginRules, comparer: Comparer, templates: Vec<Fused>) -> Self {
        Self {
            rules,
            comparer,
            reaches: vec![None; templates.len()],
            templates,
            window: VecDeque::new(),
            usable: 0,
            compared: false,
            matched: None,
            best: None,
        }
    }

    /// Another camera was opened, these are the templates of its kind, and so near a probe must come to one of them. The
    /// tries that were used stay used, and pictures of one camera are not fused with those of another.
    pub fn against(&mut self, limit: Limit, templates: Vec<Fused>) {
        self.rules.limit = limit;
        self.reaches = vec![None; templates.len()];
        self.templates = templates;
        self.interrupted();
    }

    /// Whether there is nothing to compare with.
    pub fn nothing_to_find(&self) -> bool {
        self.templates.is_empty()
    }

    /// Takes in the face of the next usable picture: whether it, and those before it, match. Once matched it stays so;
    /// once [`Self::exhausted`] nothing matches any more.
    pub fn push(&mut self, encoding: &Encoding) -> Option<Match> {
        if self.matched.is_some() || self.exhausted() {
            return self.matched;
        }
        self.usable += 1;
        let single = self.comparer.fuse(&[encoding])?;
        self.window.push_back((encoding.clone(), single));
        if self.window.len() > self.rules.frames {
            self.window.pop_front();
        }
        if self.window.len() == self.rules.frames {
            self.matched = self.compare();
        }
        self.matched
    }

    /// Whoever was in view left it, or it is not clear who is: a probe is fused from pictures that follow one another.
    pub fn interrupted(&mut self) {
        self.window.clear();
    }

    /// Whether all tries are used up.
    pub fn exhausted(&self) -> bool {
        self.usable >= WINDOWS * self.rules.frames
    }

    /// Usable pictures so far.
    pub fn usable(&self) -> usize {
        self.usable
    }

    /// Whether a whole probe was compared.
    pub fn compared(&self) -> bool {
        self.compared
    }

    /// The match, if there is one.
    pub fn matched(&self) -> Option<Match> {
        self.matched
    }

    /// The nearest that a whole probe came to any template, by the number that the limit is about.
    pub fn best(&self) -> Option<Comparison> {
        self.best
    }

    /// For each template the smallest limit, of the kind that the rules have, at which it would have matched by now: what
    /// error rates are measured by. `None` before the first whole probe.
    pub fn reaches(&self) -> &[Option<f32>] {
        &self.reaches
    }

    fn compare(&mut self) -> Option<Match> {
        let limit = self.rules.limit;
        let singles: Vec<&Encoding> = self.window.iter().map(|(encoding, _)| encoding).collect();
        let probe = self.comparer.fuse(&singles)?;
        self.compared = true;
        for (place, template) in self.templates.iter().enumerate() {
            let comparison = self.comparer.compare(template, &probe);
            if self
                .best
                .is_none_or(|best| limit.measure(comparison) < limit.measure(best))
            {
                self.best = Some(comparison);
            }
            let reach = self.reach_of(template, comparison);
            let nearest = &mut self.reaches[place];
            if nearest.is_none_or(|nearest| reach < nearest) {
                *nearest = Some(reach);
            }
            if reach <= limit.value() {
                return Some(Match {
                    template: place,
                    comparison,
                });
            }
        }
        None
    }

    /// The smallest limit that would let the probe in the window match this template: the fused probe must be within
    /// it, and each single picture within the engine's slack more ([`Comparer::single_slack`]).
    fn reach_of(&self, template: &Fused, fused: Comparison) -> f32 {
        let limit = self.rules.limit;
        let slack = self.comparer.single_slack();
        let singles = self
            .window
            .iter()
            .map(|(_, single)| limit.measure(self.comparer.compare(template, single)) - slack);
        // None of them is NaN.
        singles.fold(limit.measure(fused), f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineId;
    use crate::testing::encoding;

    /// Against templates so far from the origin, each along its own axis.
    fn login(limit: Limit, templates: &[f32]) -> Login {
        login_of("none", limit, templates)
    }

    fn login_of(engine: &str, limit: Limit, templates: &[f32]) -> Login {
        let comparer = Comparer::of(&EngineId {
            name: engine.into(),
            model: "none".into(),
        });
        let fused = templates
            .iter()
            .enumerate()
            .map(|(axis, distance)| comparer.fuse(&[&encoding(*distance, axis)]).unwrap())
            .collect();
        Login::new(LoginRules { limit, frames: 3 }, comparer, fused)
    }

    #[test]
    fn a_match_takes_as_many_pictures_as_the_rules_say_and_all_of_them_near() {
        for limit in [Limit::Distance(0.36), Limit::Score(0.36)] {
            for (distances, matched) in [
                (&[0.36, 0.36, 0.36][..], true),
                (&[0.2, 0.2], false),
                (&[0.361, 0.361, 0.361], false),
                (&[0.8, 0.2, 0.2, 0.2], true),
                // One swapped picture does not hide in the mean.
                (&[0.1, 0.1, 0.6], false),
                (&[0.9, 0.1, 0.1], false),
            ] {
                let mut login = login(limit, &[0.0]);
                let last = distances.iter().map(|d| login.push(&encoding(*d, 5))).last();
                assert_eq!(last.flatten().is_some(), matched, "{distances:?}");
                assert_eq!(login.compared(), distances.len() > 2);
            }
        }
    }

    #[test]
    fn how_far_a_single_picture_may_be_is_a_matter_of_the_engines_scale() {
        // Of means of 0.36 along one axis, the farthest 0.11, 0.13 and 0.23, 0.25 beyond them.
        for (engine, distances, matched) in [
            ("none", [0.305, 0.305, 0.47], true),
            ("none", [0.295, 0.295, 0.49], false),
            ("dlib-hog-resnet", [0.295, 0.295, 0.49], false),
            (crate::uncalibrated::SFACE, [0.245, 0.245, 0.59], true),
            (crate::uncalibrated::SFACE, [0.235, 0.235, 0.61], false),
        ] {
            let mut login = login_of(engine, Limit::Distance(0.3601), &[0.0]);
            let last = distances.map(|distance| login.push(&encoding(distance, 5)))[2];
            assert_eq!(last.is_some(), matched, "{engine} {distances:?}");
        }
    }

    #[test]
    fn the_tries_end_and_nothing_matches_after_them() {
        let mut stranger = login(Limit::Distance(0.36), &[0.0]);
        for _ in 0..WINDOWS * 3 {
            assert!(!stranger.exhausted());
            assert_eq!(stranger.push(&encoding(0.8, 5)), None);
        }
        assert!(stranger.exhausted());
        for _ in 0..3 {
            assert_eq!(stranger.push(&encoding(0.0, 5)), None);
        }
        assert_eq!(stranger.usable(), WINDOWS * 3);
        assert!((stranger.best().unwrap().distance - 0.8).abs() < 1e-6);
    }

    #[test]
    fn who_was_interrupted_starts_anew_but_gets_no_more_tries() {
        let mut login = login(Limit::Distance(0.36), &[0.0]);
        login.push(&encoding(0.2, 5));
        login.push(&encoding(0.2, 5));
        login.interrupted();
        assert_eq!(login.push(&encoding(0.2, 5)), None);
        assert_eq!(login.push(&encoding(0.2, 5)), None);
        assert!(login.push(&encoding(0.2, 5)).is_some());
        assert_eq!(login.usable(), 5);
    }

    #[test]
    fn another_camera_gives_no_more_tries() {
        let mut switched = login(Limit::Distance(0.36), &[0.0]);
        let near = switched.comparer.fuse(&[&encoding(0.0, 0)]).unwrap();
        for _ in 0..11 {
            switched.push(&encoding(0.8, 5));
        }
        switched.against(Limit::Distance(0.36), vec![near]);
        assert!(!switched.nothing_to_find());
        assert_eq!(switched.push(&encoding(0.0, 5)), None);
        assert!(switched.exhausted());
    }

    #[test]
    fn the_template_that_is_near_is_named() {
        let mut two = login(Limit::Distance(0.36), &[0.9, 0.0]);
        for _ in 0..3 {
            two.push(&encoding(0.2, 5));
        }
        assert_eq!(two.matched().unwrap().template, 1);
    }

    #[test]
    fn a_login_matches_at_its_reach_and_at_nothing_below() {
        for distances in [&[0.5, 0.3, 0.2, 0.4][..], &[0.1, 0.1, 0.6, 0.3, 0.3], &[0.4; 12]] {
            let run = |limit| {
                let mut login = login(limit, &[0.0, 0.2]);
                distances.iter().for_each(|d| {
                    login.push(&encoding(*d, 5));
                });
                login
            };
            let never = run(Limit::Distance(-1.0));
            let reach = never.reaches().iter().flatten().copied().fold(f32::MAX, f32::min);
            assert!(run(Limit::Distance(reach)).matched().is_some(), "{distances:?}");
            assert!(
                run(Limit::Distance(reach - 1e-6)).matched().is_none(),
                "{distances:?}"
            );
        }
    }

    #[test]
    fn r04_without_templates_or_frames_nothing_matches() {
        let mut nobody = login(Limit::Distance(9.0), &[]);
        let mut never = login(Limit::Distance(9.0), &[0.0]);
        never.rules.frames = 0;
        for _ in 0..12 {
            assert_eq!(nobody.push(&encoding(0.0, 5)), None);
            assert_eq!(never.push(&encoding(0.0, 5)), None);
        }
        assert_eq!(nobody.best(), None);
    }
}
