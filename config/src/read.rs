//! From the file's text to a validated configuration.

use std::path::{Path, PathBuf};

use toml::Spanned;

use crate::schema::{self, File, OneOrMore};
use crate::services::{MAX_NAME, NEEDS_CONSENT, NEVER, NOT_BY_FACE, default_trigger, is_name};
use crate::{
    Camera, Config, ConfigError, Device, Liveness, Lockout, PasswordFirst, Presence, Rules, Security,
    Service, Trigger,
};

/// Reads `text`, the contents of the file at `path` (for the errors).
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let source = Source { text, path };
    let file: File = toml::from_str(text).map_err(|error| source.syntax(&error))?;
    let rules = source.rules("", &Rules::default(), &RawRules::of_file(&file))?;
    let mut services = std::collections::BTreeMap::new();
    for (name, raw) in &file.services {
        let enabled = raw.enabled.unwrap_or(false);
        source.service_name(name, enabled)?;
        let trigger = source.trigger(name.get_ref(), raw.trigger.as_ref())?;
        let table = format!("services.{}.", name.get_ref());
        let rules = source.rules(&table, &rules, &RawRules::of_service(raw))?;
        let service = Service {
            enabled,
            trigger,
            rules,
        };
        services.insert(name.get_ref().clone(), service);
    }
    let grace = file.lock_grace_seconds.as_ref();
    Ok(Config {
        rules,
        engine: file.engine.unwrap_or_default(),
        presence: file.presence.unwrap_or(Presence::Seat),
        lock_grace_seconds: source.number("lock_grace_seconds", grace, 0..=600, 10)?,
        password_first: source.password_first(&file.password_first)?,
        camera: source.camera(&file.camera)?,
        models: source.folder("models.folder", file.models.folder.as_ref())?,
        lockout: source.lockout(&file.lockout)?,
        services,
    })
}

struct RawRules<'a> {
    security: Option<Security>,
    threshold: Option<&'a Spanned<f64>>,
    frames: Option<&'a Spanned<i64>>,
    liveness: Option<Liveness>,
    timeout_ms: Option<&'a Spanned<i64>>,
    no_face_timeout_ms: Option<&'a Spanned<i64>>,
}

impl<'a> RawRules<'a> {
    fn of_file(file: &'a File) -> Self {
        Self {
            security: file.security,
            threshold: file.threshold.as_ref(),
            frames: file.frames.as_ref(),
            liveness: file.liveness,
            timeout_ms: file.timeout_ms.as_ref(),
            no_face_timeout_ms: file.no_face_timeout_ms.as_ref(),
        }
    }

    fn of_service(service: &'a schema::Service) -> Self {
        Self {
            security: service.security,
            threshold: service.threshold.as_ref(),
            frames: service.frames.as_ref(),
            liveness: service.liveness,
            timeout_ms: service.timeout_ms.as_ref(),
            no_face_timeout_ms: service.no_face_timeout_ms.as_ref(),
        }
    }
}

struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Source<'_> {
    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let offset = error.span().map_or(0, |span| span.start);
        // The parser's sentence may run over several lines; the place is in `line` already.
        let why = error.message().lines().collect::<Vec<_>>().join("; ");
        // It says what it expected in Rust's words.
        let why = why
            .replace("expected i64", "expected a whole number")
            .replace("expected f64", "expected a number");
        match error.span().and_then(|_| self.key_at(offset)) {
            Some(key) if why.starts_with("invalid type") || why.starts_with("unknown variant") => {
                self.value(&key, offset, why)
            }
            _ => ConfigError::Syntax {
                path: self.path.into(),
                line: self.line_of(offset),
                why: shown(&why),
            },
        }
    }

    /// The key whose value stands at `offset`, with its table: the parser does not tell.
    fn key_at(&self, offset: usize) -> Option<String> {
        let mut table = "";
        let mut key = None;
        let mut end = 0;
        for line in self.text.split_inclusive('\n') {
            if end > offset {
                break;
            }
            end += line.len();
            let line = line.trim();
            // A string in an array that goes over several lines.
            if line.starts_with(['"', '\'']) {
                continue;
            }
            match (line.strip_prefix('['), line.split_once('=')) {
                (Some(name), _) => (table, key) = (name.split(']').next()?, None),
                (None, Some((name, _))) if !line.starts_with('#') => key = Some(name.trim()),
                _ => {}
            }
        }
        match (table, key) {
            ("", key) => key.map(Into::into),
            // The value is the table itself.
            (table, None) => Some(table.into()),
            (table, Some(key)) => Some(format!("{table}.{key}")),
        }
    }

    fn value(&self, key: &str, offset: usize, why: impl Into<String>) -> ConfigError {
        ConfigError::Value {
            path: self.path.into(),
            line: self.line_of(offset),
            key: shown(key),
            why: shown(&why.into()),
        }
    }

    fn rules(&self, table: &str, general: &Rules, raw: &RawRules<'_>) -> Result<Rules, ConfigError> {
        let key = |name: &str| format!("{table}{name}");
        let threshold = match raw.threshold {
            // A service that names a strictness means it, even under a general threshold.
            None if raw.security.is_some() => None,
            None => general.threshold,
            Some(value) if (0.20..=0.60).contains(value.get_ref()) => Some(*value.get_ref() as f32),
            Some(value) => {
                let why = format!(
                    "expected a distance from 0.20 (strictest) to 0.60, found {}",
                    value.get_ref()
                );
                return Err(self.value(&key("threshold"), value.span().start, why));
            }
        };
        let timeout_ms = self.number(
            &key("timeout_ms"),
            raw.timeout_ms,
            500..=30_000,
            general.timeout_ms,
        )?;
        let no_face = match raw.no_face_timeout_ms {
            None => general.no_face_timeout_ms.min(timeout_ms),
            some => self.number(&key("no_face_timeout_ms"), some, 200..=i64::from(timeout_ms), 0)?,
        };
        Ok(Rules {
            security: raw.security.unwrap_or(general.security),
            threshold,
            frames: self.number(&key("frames"), raw.frames, 1..=10, general.frames)?,
            liveness: raw.liveness.unwrap_or(general.liveness),
            timeout_ms,
            no_face_timeout_ms: no_face,
        })
    }

    fn number<T: TryFrom<i64>>(
        &self,
        key: &str,
        raw: Option<&Spanned<i64>>,
        range: std::ops::RangeInclusive<i64>,
        default: T,
    ) -> Result<T, ConfigError> {
        let Some(raw) = raw else { return Ok(default) };
        let value = *raw.get_ref();
        let wrong = || {
            let why = format!(
                "expected a whole number from {} to {}, found {value}",
                range.start(),
                range.end()
            );
            self.value(key, raw.span().start, why)
        };
        if !range.contains(&value) {
            return Err(wrong());
        }
        T::try_from(value).map_err(|_| wrong())
    }

    fn folder(&self, key: &str, raw: Option<&Spanned<PathBuf>>) -> Result<Option<PathBuf>, ConfigError> {
        let Some(raw) = raw else { return Ok(None) };
        if !raw.get_ref().is_absolute() {
            return Err(self.value(key, raw.span().start, "expected an absolute path"));
        }
        Ok(Some(raw.get_ref().clone()))
    }

    fn devices(&self, raw: &Spanned<OneOrMore>) -> Result<Vec<Device>, ConfigError> {
        let start = raw.span().start;
        let texts = match raw.get_ref() {
            OneOrMore::One(text) => vec![(text.as_str(), start)],
            OneOrMore::More(all) => all
                .iter()
                .map(|text| (text.get_ref().as_str(), text.span().start))
                .collect(),
        };
        let wrong = |at: usize, why: String| self.value("camera.device", at, why);
        if texts.is_empty() {
            return Err(wrong(start, "expected at least one, as in [\"auto\"]".into()));
        }
        let mut devices = Vec::new();
        for (text, at) in texts {
            let device = text
                .parse::<Device>()
                .map_err(|error| wrong(at, error.to_string()))?;
            if devices.contains(&device) {
                return Err(wrong(
                    at,
                    format!("expected each once: \"{device}\" stands here twice"),
                ));
            }
            devices.push(device);
        }
        Ok(devices)
    }

    fn camera(&self, raw: &schema::Camera) -> Result<Camera, ConfigError> {
        let defaults = Camera::default();
        let devices = match &raw.device {
            None => defaults.devices,
            Some(raw) => self.devices(raw)?,
        };
        let allow_virtual = raw.allow_virtual.unwrap_or(defaults.allow_virtual);
        let replay = self.folder("camera.replay", raw.replay.as_ref())?;
        if let (Some(raw), false) = (&raw.replay, allow_virtual) {
            let why = "a replay is a camera made by software: it needs camera.allow_virtual = true, \
                       and whoever can write that folder can log in";
            return Err(self.value("camera.replay", raw.span().start, why));
        }
        let replay_fps = self.number(
            "camera.replay_fps",
            raw.replay_fps.as_ref(),
            1..=240,
            defaults.replay_fps,
        )?;
        Ok(Camera {
            devices,
            allow_virtual,
            replay,
            replay_fps,
        })
    }

    fn lockout(&self, raw: &schema::Lockout) -> Result<Lockout, ConfigError> {
        let defaults = Lockout::default();
        let first = self.number(
            "lockout.first_wait_seconds",
            raw.first_wait_seconds.as_ref(),
            10..=3600,
            defaults.first_wait_seconds,
        )?;
        let max = match &raw.max_wait_seconds {
            None => defaults.max_wait_seconds.max(first),
            some => self.number(
                "lockout.max_wait_seconds",
                some.as_ref(),
                first as i64..=86_400,
                0,
            )?,
        };
        Ok(Lockout {
            failures: self.number(
                "lockout.failures",
                raw.failures.as_ref(),
                1..=20,
                defaults.failures,
            )?,
            first_wait_seconds: first,
            max_wait_seconds: max,
        })
    }

    fn password_first(&self, raw: &schema::PasswordFirst) -> Result<PasswordFirst, ConfigError> {
        let after_hours = match &raw.after_hours {
            None => None,
            some => Some(self.number("password_first.after_hours", some.as_ref(), 1..=8760, 0)?),
        };
        Ok(PasswordFirst {
            after_boot: raw.after_boot.unwrap_or(false),
            after_hours,
        })
    }

    fn trigger(&self, service: &str, raw: Option<&Spanned<Trigger>>) -> Result<Trigger, ConfigError> {
        let Some(raw) = raw else {
            return Ok(default_trigger(service));
        };
        if *raw.get_ref() == Trigger::Immediate && NEEDS_CONSENT.contains(&service) {
            let why = "expected \"enter\": this service hands out another user's rights, and a face in view \
                       is no consent";
            let key = format!("services.{service}.trigger");
            return Err(self.value(&key, raw.span().start, why));
        }
        Ok(*raw.get_ref())
    }

    fn service_name(&self, name: &Spanned<String>, enabled: bool) -> Result<(), ConfigError> {
        let (text, at) = (name.get_ref().as_str(), name.span().start);
        let key = format!("services.{text}");
        if !is_name(text) {
            let why =
                format!("expected the name of a PAM service: 1 to {MAX_NAME} letters, digits and - _ . @ +");
            return Err(self.value(&key, at, why));
        }
        if enabled && NEVER.contains(&text) {
            let why = "this service's user need not be in front of the camera; the face is never asked here";
            return Err(self.value(&key, at, why));
        }
        if enabled && NOT_BY_FACE.contains(&text) {
            let why = "this service changes what proves who a user is, or only root calls it; it stays with the password";
            return Err(self.value(&key, at, why));
        }
        Ok(())
    }
}

/// Names and values of the file in an error: a draft may be anybody's, and its words must not move a cursor or begin a
/// line of the log.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
