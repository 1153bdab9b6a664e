//! The file's shape as serde reads and writes it, before any value is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{Config, Device, Engine, Liveness, Presence, Security, Trigger};

/// Every key is optional: an absent one takes its default.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub security: Option<Security>,
    pub threshold: Option<Spanned<f64>>,
    pub frames: Option<Spanned<i64>>,
    pub liveness: Option<Liveness>,
    pub timeout_ms: Option<Spanned<i64>>,
    pub no_face_timeout_ms: Option<Spanned<i64>>,
    pub engine: Option<Engine>,
    pub presence: Option<Presence>,
    pub lock_grace_seconds: Option<Spanned<i64>>,
    pub password_first: PasswordFirst,
    pub camera: Camera,
    pub models: Models,
    pub lockout: Lockout,
    pub services: BTreeMap<Spanned<String>, Service>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordFirst {
    pub after_boot: Option<bool>,
    pub after_hours: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    pub device: Option<Spanned<OneOrMore>>,
    pub allow_virtual: Option<bool>,
    pub replay: Option<Spanned<PathBuf>>,
    pub replay_fps: Option<Spanned<i64>>,
}

/// A string, or an array of them, each with its place where that is another than the whole's.
#[derive(Debug)]
pub enum OneOrMore {
    One(String),
    More(Vec<Spanned<String>>),
}

/// By hand: an untagged enum would lose the places.
impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;

        impl<'de> Visitor<'de> for Strings {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore::One(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<OneOrMore, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = array.next_element()? {
                    all.push(one);
                }
                Ok(OneOrMore::More(all))
            }
        }

        deserializer.deserialize_any(Strings)
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    pub folder: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Lockout {
    pub failures: Option<Spanned<i64>>,
    pub first_wait_seconds: Option<Spanned<i64>>,
    pub max_wait_seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    pub enabled: Option<bool>,
    pub trigger: Option<Spanned<Trigger>>,
    pub security: Option<Security>,
    pub threshold: Option<Spanned<f64>>,
    pub frames: Option<Spanned<i64>>,
    pub liveness: Option<Liveness>,
    pub timeout_ms: Option<Spanned<i64>>,
    pub no_face_timeout_ms: Option<Spanned<i64>>,
}

#[derive(Serialize)]
struct Out<'a> {
    security: Security,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    frames: u32,
    liveness: Liveness,
    timeout_ms: u32,
    no_face_timeout_ms: u32,
    engine: Engine,
    presence: Presence,
    lock_grace_seconds: u32,
    password_first: PasswordFirstOut,
    camera: CameraOut<'a>,
    models: ModelsOut<'a>,
    lockout: &'a crate::Lockout,
    services: BTreeMap<&'a str, ServiceOut>,
}

#[derive(Serialize)]
struct PasswordFirstOut {
    after_boot: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_hours: Option<u32>,
}

#[derive(Serialize)]
struct CameraOut<'a> {
    device: DeviceOut<'a>,
    allow_virtual: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<&'a PathBuf>,
    replay_fps: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DeviceOut<'a> {
    One(&'a Device),
    More(&'a [Device]),
}

#[derive(Serialize)]
struct ModelsOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a PathBuf>,
}

#[derive(Serialize)]
struct ServiceOut {
    enabled: bool,
    trigger: Trigger,
    security: Security,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    frames: u32,
    liveness: Liveness,
    timeout_ms: u32,
    no_face_timeout_ms: u32,
}

/// What [`crate::parse`] reads back to the same configuration.
pub fn to_toml(config: &Config) -> String {
    let services = config.services.iter().map(|(name, service)| {
        let rules = &service.rules;
        let out = ServiceOut {
            enabled: service.enabled,
            trigger: service.trigger,
            security: rules.security,
            threshold: rules.threshold.map(decimal),
            frames: rules.frames,
            liveness: rules.liveness,
            timeout_ms: rules.timeout_ms,
            no_face_timeout_ms: rules.no_face_timeout_ms,
        };
        (name.as_str(), out)
    });
    let out = Out {
        security: config.rules.security,
        threshold: config.rules.threshold.map(decimal),
        frames: config.rules.frames,
        liveness: config.rules.liveness,
        timeout_ms: config.rules.timeout_ms,
        no_face_timeout_ms: config.rules.no_face_timeout_ms,
        engine: config.engine,
        presence: config.presence,
        lock_grace_seconds: config.lock_grace_seconds,
        password_first: PasswordFirstOut {
            after_boot: config.password_first.after_boot,
            after_hours: config.password_first.after_hours,
        },
        camera: CameraOut {
            device: match config.camera.devices.as_slice() {
                [one] => DeviceOut::One(one),
                more => DeviceOut::More(more),
            },
            allow_virtual: config.camera.allow_virtual,
            replay: config.camera.replay.as_ref(),
            replay_fps: config.camera.replay_fps,
        },
        models: ModelsOut {
            folder: config.models.as_ref(),
        },
        lockout: &config.lockout,
        services: services.collect(),
    };
    // Plain tables of numbers and text that came from UTF-8: nothing here that TOML cannot say.
    toml::to_string(&out).unwrap_or_default()
}

/// 0.4f32 is 0.4000000059604645 as f64; the file said 0.4.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
