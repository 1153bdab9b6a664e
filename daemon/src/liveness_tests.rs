use super::*;
use CameraKind::{Colour, Infrared, Replay, Unknown};
use Mode::{Off, On, Required};
use Ruling::{Refused, Stands};

const LIVE: Option<f32> = Some(0.9);
const FAKE: Option<f32> = Some(0.1);
const NAN: Option<f32> = Some(f32::NAN);

/// After these answers of the measure that a camera of this kind is judged by.
fn ruled(mode: Mode, kind: Option<CameraKind>, answers: &[Option<f32>]) -> Ruling {
    let mut liveness = Liveness::new(mode, 3);
    if let Some(kind) = kind {
        liveness.opened(kind);
    }
    for answer in answers {
        match kind {
            Some(Infrared) => liveness.observe(None, *answer),
            _ => liveness.observe(*answer, None),
        }
    }
    liveness.rule()
}

#[test]
fn the_median_of_the_fused_pictures_decides() {
    for (answers, on, required) in [
        (&[LIVE, LIVE, LIVE][..], Stands, Stands),
        (&[LIVE, LIVE, FAKE], Stands, Stands),
        (&[LIVE, FAKE, FAKE], Refused, Refused),
        (&[FAKE, FAKE, FAKE], Refused, Refused),
        (&[Some(NETWORK_LIMIT); 3], Stands, Stands),
        (&[Some(NETWORK_LIMIT - 0.001); 3], Refused, Refused),
        // Only the pictures that are fused: the last three.
        (&[FAKE, FAKE, FAKE, LIVE, LIVE], Stands, Stands),
        (&[LIVE, LIVE, LIVE, FAKE, FAKE], Refused, Refused),
        // Of two answers the lower one.
        (&[LIVE, FAKE, None], Refused, Refused),
        (&[LIVE, LIVE, None], Stands, Stands),
        (&[None, None, FAKE], Refused, Refused),
        // Too few of them.
        (&[None, None, LIVE], Stands, Ruling::Unknown),
        (&[None, None, None], Stands, Ruling::Unknown),
        (&[], Stands, Ruling::Unknown),
        // What is no number denies, wherever it stands.
        (&[LIVE, LIVE, NAN], Refused, Refused),
        (&[NAN, None, None], Refused, Refused),
        (&[NAN, NAN, NAN], Refused, Refused),
        (&[Some(f32::NEG_INFINITY); 3], Refused, Refused),
    ] {
        for kind in [Colour, Replay] {
            assert_eq!(ruled(On, Some(kind), answers), on, "{answers:?}");
            assert_eq!(ruled(Required, Some(kind), answers), required, "{answers:?}");
            assert_eq!(ruled(Off, Some(kind), answers), Stands, "{answers:?}");
        }
    }
}

#[test]
fn r23_what_is_required_and_cannot_be_told_never_stands() {
    for kind in [None, Some(Unknown), Some(Colour), Some(Infrared)] {
        assert_eq!(ruled(Required, kind, &[None; 3]), Ruling::Unknown, "{kind:?}");
        assert_eq!(ruled(On, kind, &[None; 3]), Stands, "{kind:?}");
    }
    // A camera of an unknown kind has no measure to be held against.
    assert_eq!(ruled(Required, Some(Unknown), &[LIVE; 3]), Ruling::Unknown);
    assert_eq!(ruled(Required, None, &[LIVE; 3]), Ruling::Unknown);
}

#[test]
fn in_infrared_the_flash_decides_and_the_network_is_not_heard() {
    // As `vision/camera/strobe.rs` measures them on made pictures: face less surroundings.
    let (skin, screen, poster) = (Some(0.46), Some(-0.16), Some(0.008));
    for (answers, expected) in [
        ([skin; 3], Stands),
        ([screen; 3], Refused),
        ([poster; 3], Refused),
        ([skin, screen, screen], Refused),
        ([Some(FLASH_LIMIT); 3], Stands),
        ([Some(FLASH_LIMIT - 0.001); 3], Refused),
        ([NAN; 3], Refused),
    ] {
        for mode in [On, Required] {
            assert_eq!(ruled(mode, Some(Infrared), &answers), expected, "{answers:?}");
        }
    }
    let mut infrared = Liveness::new(Required, 1);
    infrared.opened(Infrared);
    infrared.observe(LIVE, None);
    assert_eq!(infrared.rule(), Ruling::Unknown);
    let mut colour = Liveness::new(On, 1);
    colour.opened(Colour);
    colour.observe(FAKE, skin);
    assert_eq!(colour.rule(), Refused);
}

#[test]
fn a_flash_that_was_seen_has_to_tell() {
    let skin = Some(0.46);
    for (answers, strobing, steady) in [
        (&[skin, skin, skin][..], Stands, Stands),
        (&[skin, skin, None], Stands, Stands),
        (&[skin, None, None], Ruling::Unknown, Stands),
        (&[None, None, None], Ruling::Unknown, Stands),
        (&[Some(-0.16), None, None], Refused, Refused),
        (&[], Ruling::Unknown, Stands),
    ] {
        let after = |mode, kind, lit: bool| {
            let mut liveness = Liveness::new(mode, 3);
            liveness.opened(kind);
            if lit {
                liveness.lit();
            }
            // It is the camera's: whoever leaves takes no flash along.
            liveness.interrupted();
            for answer in answers {
                liveness.observe(None, *answer);
            }
            liveness
        };
        assert_eq!(after(On, Infrared, true).rule(), strobing, "{answers:?}");
        assert_eq!(after(On, Infrared, false).rule(), steady, "{answers:?}");
        assert_eq!(after(Off, Infrared, true).rule(), Stands, "{answers:?}");
        assert_eq!(after(On, Colour, true).rule(), Stands, "{answers:?}");
    }
    let mut another = Liveness::new(On, 1);
    another.opened(Infrared);
    another.lit();
    another.opened(Infrared);
    another.observe(None, None);
    assert_eq!(another.rule(), Stands);
}

#[test]
fn who_leaves_and_another_camera_start_anew() {
    for anew in [Liveness::interrupted as fn(&mut Liveness), |l| l.opened(Colour)] {
        let mut liveness = Liveness::new(Required, 3);
        liveness.opened(Colour);
        for _ in 0..3 {
            liveness.observe(LIVE, None);
        }
        assert_eq!(liveness.rule(), Stands);
        anew(&mut liveness);
        assert_eq!(liveness.rule(), Ruling::Unknown);
    }
}

#[test]
fn the_networks_are_loaded_where_anybody_wants_their_answer() {
    let with = |general, login| {
        let mut config = Config::default();
        config.rules.liveness = general;
        for service in config.services.values_mut() {
            service.rules.liveness = general;
        }
        config.services.get_mut("login").unwrap().rules.liveness = login;
        config
    };
    assert!(wanted(&Config::default()));
    assert!(!wanted(&with(Off, Off)));
    assert!(wanted(&with(Off, Required)));
    assert!(wanted(&with(On, Off)));
    let mut disabled = with(Off, Required);
    disabled.services.get_mut("login").unwrap().enabled = false;
    assert!(!wanted(&disabled));
}

#[test]
fn r23_a_camera_that_must_have_an_answer_and_cannot_is_not_opened() {
    for (mode, network, kind, expected) in [
        (Required, false, Colour, false),
        (Required, false, Replay, false),
        (Required, false, Unknown, false),
        (Required, true, Unknown, false),
        (Required, true, Colour, true),
        (Required, true, Replay, true),
        (Required, false, Infrared, true),
        (On, false, Colour, true),
        (On, false, Unknown, true),
        (Off, false, Colour, true),
    ] {
        assert_eq!(
            will_do(mode, network, kind),
            expected,
            "{mode:?} {network} {kind:?}"
        );
    }
}

#[test]
fn a_person_is_told_what_applies_and_when_it_is_nothing() {
    let config = |general, login| {
        let mut config = Config::default();
        config.rules.liveness = general;
        for service in config.services.values_mut() {
            service.rules.liveness = general;
        }
        config.services.get_mut("login").unwrap().rules.liveness = login;
        config
    };
    let may_open = "a picture of you may open what you open";
    for (config, network, kinds, begins, told, nothing) in [
        (
            config(On, On),
            true,
            &[Colour][..],
            "on; colour: by two networks",
            "",
            false,
        ),
        (
            config(On, On),
            false,
            &[Colour],
            "on; colour: none: ",
            "models fetch --set liveness",
            true,
        ),
        (config(Off, Off), true, &[Colour], "off: ", "", true),
        (
            config(On, Required),
            false,
            &[Replay],
            "on (login: required); colour: none, ",
            "models fetch",
            false,
        ),
        (
            config(Required, Required),
            true,
            &[Infrared],
            "required; infrared: ",
            "no face opens anything",
            false,
        ),
        (
            config(On, On),
            true,
            &[Infrared],
            "on; infrared: by its flash",
            "",
            true,
        ),
        (
            config(On, On),
            true,
            &[],
            "on; colour: by two networks; infrared: ",
            "",
            true,
        ),
        (
            config(On, Off),
            true,
            &[Colour, Infrared],
            "on (login: off); colour: ",
            "infrared: ",
            true,
        ),
    ] {
        let text = describe(&config, network, kinds);
        assert!(text.starts_with(begins) && text.contains(told), "{text}");
        assert_eq!(text.contains(may_open), nothing, "{text}");
    }
}
