//! What `liveness` amounts to, for configurations, networks and cameras.

use std::path::Path;

use super::super::report::State;
use super::*;
use CameraKind::{Colour, Infrared, Replay, Unknown};

fn of(text: &str, networks: Networks, kinds: &[CameraKind]) -> Vec<Link> {
    let config = facelogin_config::parse(text, Path::new("f.toml")).unwrap();
    links(Some(&config), &networks, kinds)
}

const OF_LOGIN: &str = "[services.login]\nenabled = true\n";
const REQUIRED: &str = "liveness = 'required'\n[services.login]\nenabled = true\n";

#[test]
fn on_without_networks_says_that_it_amounts_to_nothing() {
    for networks in [
        Networks::NotLoaded(Files::Absent),
        Networks::Untold(Files::Absent),
    ] {
        for kind in [Colour, Replay] {
            let links = of(OF_LOGIN, networks.clone(), &[kind]);
            assert_eq!((links.len(), links[0].state), (1, State::Warning), "{links:?}");
            assert!(links[0].found.contains("amounts to nothing"), "{links:?}");
            let remedy = links[0].remedy.as_deref().unwrap();
            assert!(remedy.contains("models fetch --set liveness"), "{remedy}");
        }
    }
}

#[test]
fn required_without_networks_says_that_it_refuses_everybody() {
    let links = of(REQUIRED, Networks::NotLoaded(Files::Absent), &[Colour]);
    assert_eq!((links.len(), links[0].state), (1, State::Failure), "{links:?}");
    assert!(links[0].found.contains("refuses everybody"), "{links:?}");
    // Where there is an infrared one, that is used; where nothing is known of cameras, nothing is claimed.
    for kinds in [&[Colour, Infrared][..], &[]] {
        let links = of(REQUIRED, Networks::NotLoaded(Files::Absent), kinds);
        assert_eq!(links[0].state, State::Warning, "{links:?}");
        assert!(links[0].found.contains("leaves colour cameras out"), "{links:?}");
    }
    // For one service is broken enough.
    let one = format!("{OF_LOGIN}liveness = 'required'\n[services.sudo]\nenabled = true\n");
    let links = of(&one, Networks::NotLoaded(Files::Absent), &[Colour]);
    assert_eq!(links[0].state, State::Failure);
    assert!(links[0].found.contains("`required` (login) refuses"), "{links:?}");
    let links = of(&one, Networks::Loaded, &[Colour]);
    assert_eq!(links[0].state, State::Ok);
    assert!(
        links[0].found.contains("`on`, and `required` for login"),
        "{links:?}"
    );
}

#[test]
fn networks_that_are_there_and_not_loaded_take_a_new_start() {
    let links = of(OF_LOGIN, Networks::NotLoaded(Files::Good), &[Colour]);
    assert_eq!(links[0].state, State::Warning);
    assert_eq!(links[0].remedy.as_deref(), Some(RESTART));
    let altered = Networks::NotLoaded(Files::Bad(vec!["antispoof.onnx has 1 bytes".into()]));
    assert_eq!(of(OF_LOGIN, altered, &[Colour])[0].state, State::Failure);
    assert_eq!(
        of(OF_LOGIN, Networks::Untold(Files::Hidden), &[])[0].state,
        State::Unknown
    );
}

#[test]
fn in_infrared_only_a_scan_shows_and_no_models_are_asked_for() {
    for (text, words) in [
        (OF_LOGIN, "`on` amounts to nothing"),
        (REQUIRED, "refuses everybody"),
    ] {
        let links = of(text, Networks::NotLoaded(Files::Absent), &[Infrared]);
        assert_eq!((links.len(), links[0].state), (1, State::Unknown), "{links:?}");
        assert!(links[0].found.contains(words), "{links:?}");
        assert!(
            !links[0].remedy.as_deref().unwrap().contains("models"),
            "{links:?}"
        );
    }
    assert_eq!(of(OF_LOGIN, Networks::Loaded, &[Colour, Infrared]).len(), 2);
    assert_eq!(of(OF_LOGIN, Networks::Loaded, &[]).len(), 2);
}

#[test]
fn a_camera_of_which_nobody_knows_what_it_sees_is_helped_by_no_models() {
    for (text, state) in [(OF_LOGIN, State::Warning), (REQUIRED, State::Failure)] {
        let links = of(text, Networks::Loaded, &[Unknown]);
        assert_eq!((links.len(), links[0].state), (1, state), "{links:?}");
        let remedy = links[0].remedy.as_deref().unwrap();
        assert!(
            remedy.contains("camera.device") && !remedy.contains("models"),
            "{remedy}"
        );
    }
}

#[test]
fn the_general_rule_counts_where_a_service_goes_by_it() {
    let general = |rule: &str, of_login: &str| {
        let text = format!("liveness = '{rule}'\n{OF_LOGIN}liveness = '{of_login}'\n");
        of(&text, Networks::NotLoaded(Files::Absent), &[Colour])
    };
    let links = general("required", "on");
    assert_eq!((links.len(), links[0].state), (1, State::Warning), "{links:?}");
    let links = general("off", "on");
    assert_eq!(links.len(), 1, "{links:?}");
    assert!(links[0].found.starts_with("`on`"), "{links:?}");
    let links = general("on", "required");
    assert!(links[0].found.contains("`required` (login) refuses"), "{links:?}");
    // A service that is off goes by no rule.
    let off = "liveness = 'required'\n[services.login]\nenabled = false\n";
    let links = of(off, Networks::NotLoaded(Files::Absent), &[Colour]);
    assert_eq!((links.len(), links[0].state), (1, State::Unknown), "{links:?}");
}

#[test]
fn what_is_not_in_effect_is_what_would_be_after_the_daemon_s_words() {
    let disk = of(OF_LOGIN, Networks::Untold(Files::Absent), &[Colour]);
    let links = not_in_effect(Some("off"), "once the daemon has restarted", disk.clone());
    assert_eq!(links.len(), 2, "{links:?}");
    assert_eq!(links[0].found, "the daemon says: off");
    assert!(
        links[1]
            .found
            .starts_with("once the daemon has restarted: `on` amounts"),
        "{links:?}"
    );
    assert!(links.iter().all(|link| link.state == State::Unknown), "{links:?}");
    assert_eq!(not_in_effect(None, "once the daemon runs", disk).len(), 1);
}

#[test]
fn off_is_said_whole_or_for_a_service() {
    let off = of(
        &format!("liveness = 'off'\n{OF_LOGIN}"),
        Networks::Loaded,
        &[Colour],
    );
    assert_eq!((off.len(), off[0].state), (1, State::Warning));
    let two = format!("{OF_LOGIN}liveness = 'off'\n[services.sudo]\nenabled = true\n");
    let part = of(&two, Networks::Loaded, &[Colour]);
    assert_eq!((part.len(), part[1].state), (2, State::Warning));
    assert!(part[1].found.starts_with("off for login"), "{part:?}");
    assert_eq!(links(None, &Networks::Loaded, &[])[0].state, State::Unknown);
}
