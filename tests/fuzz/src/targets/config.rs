//! The configuration (`facelogin.toml`): what is accepted keeps to its limits and reads back the same; what is not
//! names a place.

use std::path::Path;

use facelogin_config::services::{NEEDS_CONSENT, NEVER, NOT_BY_FACE, is_name};
use facelogin_config::{Config, ConfigError, Rules, Trigger, parse};

/// The whole input is the file.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match parse(text, Path::new("f.toml")) {
        Ok(config) => accepted(&config),
        Err(error) => refused(text, &error),
    }
}

fn accepted(config: &Config) {
    let shown = config.to_toml();
    match parse(&shown, Path::new("shown.toml")) {
        Ok(again) => assert_eq!(&again, config, "{shown}"),
        Err(error) => panic!("{error}\n{shown}"),
    }
    in_range(&config.rules);
    assert!(config.lock_grace_seconds <= 600);
    assert!(
        config
            .password_first
            .after_hours
            .is_none_or(|hours| (1..=8760).contains(&hours))
    );
    assert!((1..=20).contains(&config.lockout.failures));
    assert!((10..=3600).contains(&config.lockout.first_wait_seconds));
    assert!((config.lockout.first_wait_seconds..=86_400).contains(&config.lockout.max_wait_seconds));
    let camera = &config.camera;
    assert!(camera.replay.is_none() || camera.allow_virtual, "R24");
    assert!(camera.replay.as_ref().is_none_or(|folder| folder.is_absolute()));
    assert!(config.models.as_ref().is_none_or(|folder| folder.is_absolute()));
    for (name, service) in &config.services {
        assert!(is_name(name));
        in_range(&service.rules);
        let name = name.as_str();
        assert!(!service.enabled || !NEVER.contains(&name), "R6: {name}");
        assert!(!service.enabled || !NOT_BY_FACE.contains(&name), "{name}");
        assert!(
            service.trigger == Trigger::Enter || !NEEDS_CONSENT.contains(&name),
            "R26: {name}"
        );
    }
}

fn in_range(rules: &Rules) {
    assert!(
        rules
            .threshold
            .is_none_or(|distance| (0.199..=0.601).contains(&distance))
    );
    assert!((1..=10).contains(&rules.frames));
    assert!((500..=30_000).contains(&rules.timeout_ms));
    assert!((200..=rules.timeout_ms).contains(&rules.no_face_timeout_ms));
}

fn refused(text: &str, error: &ConfigError) {
    let (ConfigError::Syntax { line, .. } | ConfigError::Value { line, .. }) = error else {
        panic!("a text has no such error: {error}");
    };
    let lines = text.split('\n').count();
    assert!((1..=lines).contains(line), "line {line} of {lines}");
    let shown = error.to_string();
    assert!(shown.starts_with(&format!("f.toml:{line}: ")));
    assert!(!shown.contains(char::is_control), "{shown:?}");
}
