use facelogin_score::{Encoding, WINDOWS};

use super::*;
use crate::levels::Strictness;
use crate::testing::{encoding, face, sized};

const RULES: ScanRules = ScanRules {
    strictness: Strictness::Distance(0.36),
    frames: 3,
    liveness: facelogin_config::Liveness::On,
    timeout: Duration::from_secs(4),
    no_face_timeout: Duration::from_millis(1500),
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn fused(encoding: Encoding) -> Fused {
    Scale::none().comparer().fuse(&[&encoding]).unwrap()
}

/// A template at the origin: a face `encoding(d, _)` is d away from it.
fn decision() -> Decision {
    at_a_colour_camera(RULES, vec![template(7, CameraKind::Colour)])
}

fn template(id: i64, kind: CameraKind) -> Enrolled {
    Enrolled {
        id,
        kind,
        fused: fused(encoding(0.0, 0)),
    }
}

fn at_a_colour_camera(rules: ScanRules, enrolled: Vec<Enrolled>) -> Decision {
    let mut decision = Decision::new(rules, Scale::none(), enrolled);
    decision.opened(CameraKind::Colour);
    decision
}

/// Shows one face after the other, 33 ms apart, and returns the verdict.
fn show(decision: &mut Decision, distances: &[f32]) -> Judged {
    let mut at = Duration::ZERO;
    for distance in distances {
        at += ms(33);
        if decision.observe(at, &[face(encoding(*distance, 1))]) == Step::Done {
            break;
        }
    }
    decision.finish(at)
}

#[test]
fn a_match_takes_as_many_good_pictures_as_the_rules_say_and_all_of_them_near() {
    for (distances, verdict, frames) in [
        (&[0.2, 0.2, 0.2][..], Verdict::Match, 3),
        (&[0.36, 0.36, 0.36], Verdict::Match, 3),
        (&[0.2, 0.2], Verdict::Unavailable, 2),
        (&[0.361, 0.361, 0.361], Verdict::NoMatch, 3),
        // A stranger first, then the user: found once the window holds the user alone.
        (&[0.8, 0.2, 0.2, 0.2], Verdict::Match, 4),
        // One swapped picture does not hide in the mean.
        (&[0.1, 0.1, 0.6], Verdict::NoMatch, 3),
        (&[0.9, 0.1, 0.1], Verdict::NoMatch, 3),
    ] {
        let judged = show(&mut decision(), distances);
        assert_eq!(
            (judged.verdict, judged.detail.frames),
            (verdict, frames),
            "{distances:?}"
        );
        assert_eq!(judged.template.is_some(), verdict == Verdict::Match);
    }
}

#[test]
fn fusion_brings_scattered_pictures_of_one_person_together() {
    // Three pictures, each 0.45 away, in three directions: their mean is 0.26 away.
    let mut scattered = decision();
    for (picture, axis) in [1, 2, 3].into_iter().enumerate() {
        scattered.observe(ms(33 * picture as u64), &[face(encoding(0.45, axis))]);
    }
    let judged = scattered.finish(ms(100));
    assert_eq!(judged.verdict, Verdict::Match);
    assert!((judged.detail.distance.unwrap() - 0.45 / 3f32.sqrt()).abs() < 1e-4);
}

#[test]
fn r04_without_a_template_nothing_matches() {
    let nothing = show(&mut at_a_colour_camera(RULES, Vec::new()), &[0.0; 12]);
    assert_eq!(
        (nothing.verdict, nothing.reason),
        (Verdict::Unavailable, Reason::NotEnrolled)
    );
    let negative = ScanRules {
        strictness: Strictness::Distance(-0.1),
        ..RULES
    };
    let mut never = at_a_colour_camera(negative, vec![template(1, CameraKind::Colour)]);
    assert_eq!(show(&mut never, &[0.0; 12]).verdict, Verdict::NoMatch);
}

#[test]
fn a_stranger_gets_a_bounded_number_of_tries() {
    let mut stranger = decision();
    let judged = show(&mut stranger, &[0.8; 100]);
    assert_eq!(judged.verdict, Verdict::NoMatch);
    assert_eq!(judged.detail.frames as usize, WINDOWS * RULES.frames);
}

#[test]
fn who_leaves_the_view_starts_anew() {
    for between in [
        vec![],
        vec![
            sized(face(encoding(0.2, 1)), 100.0),
            sized(face(encoding(0.2, 1)), 99.0),
        ],
    ] {
        let mut left = decision();
        let near = || face(encoding(0.2, 1));
        left.observe(ms(33), &[near()]);
        left.observe(ms(66), &[near()]);
        left.observe(ms(99), &between);
        assert_eq!(left.observe(ms(132), &[near()]), Step::KeepLooking);
        assert_eq!(left.observe(ms(165), &[near()]), Step::KeepLooking);
        assert_eq!(left.observe(ms(198), &[near()]), Step::Done);
    }
}

#[test]
fn time_runs_out_for_an_empty_room_before_it_does_for_a_face() {
    let mut empty = decision();
    assert_eq!(empty.observe(ms(700), &[]), Step::KeepLooking);
    assert_eq!(empty.observe(ms(2199), &[]), Step::KeepLooking);
    // 1.5 s after the first picture, however long the camera took to open.
    assert_eq!(empty.observe(ms(2200), &[]), Step::Done);
    let judged = empty.finish(ms(2200));
    assert_eq!(
        (judged.verdict, judged.reason),
        (Verdict::Unavailable, Reason::NobodySeen)
    );
    assert_eq!(judged.detail.hint.as_deref(), Some(Flaw::NoFace.hint()));

    let mut dark = decision();
    let mut shadow = face(encoding(0.2, 1));
    shadow.quality.brightness = 0.01;
    assert_eq!(
        dark.observe(ms(10), std::slice::from_ref(&shadow)),
        Step::KeepLooking
    );
    assert_eq!(
        dark.observe(ms(3999), std::slice::from_ref(&shadow)),
        Step::KeepLooking
    );
    assert_eq!(dark.on_time(ms(4000)), Step::Done);
    let judged = dark.finish(ms(4000));
    assert_eq!(
        (judged.verdict, judged.reason),
        (Verdict::Unavailable, Reason::PoorView)
    );
    assert_eq!(judged.detail.hint.as_deref(), Some(Flaw::TooDark.hint()));
}

#[test]
fn a_camera_that_shows_nothing_at_all_is_no_empty_room() {
    let blind = decision();
    assert_eq!(blind.on_time(ms(3999)), Step::KeepLooking);
    assert_eq!(blind.on_time(ms(4000)), Step::Done);
    assert_eq!(blind.finish(ms(4000)).reason, Reason::CameraUnavailable);
}

#[test]
fn two_people_side_by_side_are_neither_a_match_nor_a_mismatch() {
    let mut both = decision();
    let pair = [
        sized(face(encoding(0.1, 1)), 120.0),
        sized(face(encoding(0.8, 2)), 110.0),
    ];
    for picture in 0..12 {
        both.observe(ms(33 * picture), &pair);
    }
    let judged = both.finish(ms(400));
    assert_eq!(
        (judged.verdict, judged.reason),
        (Verdict::Unavailable, Reason::SeveralFaces)
    );
    assert!(!both.mismatched());
}

#[test]
fn r21_only_a_whole_probe_that_did_not_match_counts_as_a_mismatch() {
    let mut seen = decision();
    show(&mut seen, &[0.8, 0.8]);
    assert!(!seen.mismatched());
    show(&mut seen, &[0.8]);
    assert!(seen.mismatched());
    let mut user = decision();
    show(&mut user, &[0.8, 0.8, 0.8, 0.1, 0.1, 0.1]);
    assert!(!user.mismatched());
}

#[test]
fn the_nearest_of_several_templates_decides() {
    let far = Enrolled {
        fused: fused(encoding(0.9, 5)),
        ..template(1, CameraKind::Colour)
    };
    let mut two = at_a_colour_camera(RULES, vec![far, template(2, CameraKind::Colour)]);
    assert_eq!(show(&mut two, &[0.2; 3]).template, Some(2));
}

#[test]
fn with_more_templates_each_must_be_nearer() {
    let limit = |templates| Scale::none().limit(RULES.strictness, templates).value();
    for templates in [1, 2, 5] {
        let enrolled = || {
            (1..=templates)
                .map(|id| template(id, CameraKind::Colour))
                .collect()
        };
        let shown = |distance| {
            let mut decision = at_a_colour_camera(RULES, enrolled());
            let judged = show(&mut decision, &[distance; 3]);
            (judged.verdict, judged.detail.threshold)
        };
        let expected = limit(u32::try_from(templates).unwrap());
        assert_eq!(shown(expected - 0.001), (Verdict::Match, Some(expected)));
        assert_eq!(shown(expected + 0.001), (Verdict::NoMatch, Some(expected)));
    }
}

#[test]
fn r18_faces_are_compared_with_templates_of_the_cameras_kind_alone() {
    use CameraKind::{Colour, Infrared, Replay, Unknown};
    let matched = |camera: Option<CameraKind>, enrolled: &[CameraKind]| {
        let templates = enrolled
            .iter()
            .zip(1..)
            .map(|(kind, id)| template(id, *kind))
            .collect();
        let mut decision = Decision::new(RULES, Scale::none(), templates);
        if let Some(kind) = camera {
            decision.opened(kind);
        }
        let judged = show(&mut decision, &[0.1; 12]);
        if judged.template.is_none() {
            assert_eq!(
                (judged.verdict, judged.reason),
                (Verdict::Unavailable, Reason::NotEnrolled)
            );
            assert!(!decision.mismatched(), "nothing was compared");
            assert_eq!(judged.detail.frames, 1, "there is nothing to look for");
        }
        judged.template
    };
    for (camera, enrolled, expected) in [
        (Some(Colour), &[Colour][..], Some(1)),
        (Some(Replay), &[Colour], Some(1)),
        (Some(Infrared), &[Infrared], Some(1)),
        (Some(Colour), &[Infrared, Colour], Some(2)),
        (Some(Infrared), &[Colour, Infrared], Some(2)),
        (Some(Infrared), &[Colour], None),
        (Some(Colour), &[Infrared], None),
        (Some(Replay), &[Infrared], None),
        (Some(Unknown), &[Colour, Infrared], None),
        (None, &[Colour, Infrared], None),
    ] {
        assert_eq!(matched(camera, enrolled), expected, "{camera:?} {enrolled:?}");
    }
}

#[test]
fn r18_pictures_of_one_camera_are_not_fused_with_those_of_another() {
    let both = vec![template(1, CameraKind::Colour), template(2, CameraKind::Infrared)];
    let mut decision = Decision::new(RULES, Scale::none(), both);
    decision.opened(CameraKind::Colour);
    show(&mut decision, &[0.1; 2]);
    decision.opened(CameraKind::Infrared);
    assert_eq!(show(&mut decision, &[0.1; 2]).verdict, Verdict::Unavailable);
    assert_eq!(show(&mut decision, &[0.1]).template, Some(2));
}

#[test]
fn r21_what_matches_and_is_not_alive_is_a_mismatch() {
    use facelogin_config::Liveness::{Off, On, Required};
    let shown = |liveness, lives: &[Option<f32>]| {
        let rules = ScanRules { liveness, ..RULES };
        let mut decision = at_a_colour_camera(rules, vec![template(7, CameraKind::Colour)]);
        for (picture, live) in lives.iter().enumerate() {
            let seen = Face {
                live: *live,
                ..face(encoding(0.2, 1))
            };
            if decision.observe(ms(33 * picture as u64), &[seen]) == Step::Done {
                break;
            }
        }
        let judged = decision.finish(ms(200));
        let told = (
            judged.verdict,
            judged.reason,
            judged.template,
            decision.mismatched(),
        );
        assert_eq!(judged.detail.hint, None);
        // Whoever holds up a picture learns no more than a stranger would (R22).
        let known = if judged.template.is_some() {
            Reason::Matched
        } else {
            Reason::NotMatching
        };
        assert_eq!(judged.told(), known);
        told
    };
    let (alive, print) = ([Some(0.9); 3], [Some(0.1); 3]);
    let stands = (Verdict::Match, Reason::Matched, Some(7), false);
    let refused = (Verdict::NoMatch, Reason::LivenessRefused, None, true);
    let unknown = (Verdict::NoMatch, Reason::LivenessUnavailable, None, true);
    for (liveness, lives, expected) in [
        (Off, &print[..], stands),
        (On, &print, refused),
        (Required, &print, refused),
        (On, &alive, stands),
        (Required, &alive, stands),
        (On, &[None; 3], stands),
        (Required, &[None; 3], unknown),
        (On, &[Some(f32::NAN); 3], refused),
        // One try: who is refused is not looked at again.
        (
            On,
            &[Some(0.1), Some(0.1), Some(0.9), Some(0.9), Some(0.9)],
            refused,
        ),
    ] {
        assert_eq!(shown(liveness, lives), expected, "{liveness:?} {lives:?}");
    }
}

#[test]
fn a_face_that_looks_alive_matches_no_better() {
    let mut stranger = decision();
    let alive = Face {
        live: Some(1.0),
        ..face(encoding(0.8, 1))
    };
    for picture in 0..12 {
        stranger.observe(ms(33 * picture), std::slice::from_ref(&alive));
    }
    assert_eq!(stranger.finish(ms(400)).reason, Reason::NotMatching);
}

#[test]
fn the_flash_is_about_the_picture_that_it_lit() {
    let rules = ScanRules {
        liveness: facelogin_config::Liveness::Required,
        ..RULES
    };
    let mut decision = Decision::new(rules, Scale::none(), vec![template(7, CameraKind::Infrared)]);
    decision.opened(CameraKind::Infrared);
    // Lit once: nothing is known of the other two.
    decision.flashed(Some(0.4));
    for picture in 0..3 {
        decision.observe(ms(33 * picture), &[face(encoding(0.2, 1))]);
    }
    assert_eq!(decision.finish(ms(100)).reason, Reason::LivenessUnavailable);
}
