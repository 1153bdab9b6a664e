//! `config check` and `config show`: the daemon's own parser, before the daemon sees the file.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use facelogin_config::{Config, ConfigError, Device, Engine, Liveness, Rules, Security, Trust, load};
use facelogin_score::calibration::Level;
use facelogin_score::{Asked, Strictness, claims};
use serde::Serialize;

use super::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::words::{clean, count};

/// The commands about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration: the system's, or a draft. Needs no root, and no daemon.
    Check {
        /// A draft to check in place of the system's file. Its owner does not matter yet.
        file: Option<PathBuf>,
    },
    /// Print the configuration with all defaults filled in. Needs no root, and no daemon.
    Show {
        /// A draft to show in place of the system's file.
        file: Option<PathBuf>,
    },
}

/// The answer of `config check`; an error takes its place when there is one.
#[derive(Serialize)]
struct Checked {
    file: String,
    /// Why the daemon would refuse the file although its contents are right; for a draft only.
    refused: Option<String>,
    /// What is allowed and dangerous.
    warnings: Vec<&'static str>,
    services: Vec<String>,
    /// What is known of the strictness in use: of the general rules, then of each service that has others.
    levels: Vec<String>,
}

/// Checks or shows.
pub fn run(context: &mut Context<'_, '_>, command: ConfigCommand) -> Result<Exit, CliError> {
    match command {
        ConfigCommand::Check { file } => check(context, file),
        ConfigCommand::Show { file } => show(context, file),
    }
}

fn check(context: &mut Context<'_, '_>, draft: Option<PathBuf>) -> Result<Exit, CliError> {
    let (config, path, refused) = read(context, draft)?;
    let checked = Checked {
        file: path.display().to_string(),
        refused,
        warnings: warnings(&config),
        services: enabled(&config),
        levels: levels(&config),
    };
    context.out.answer(&checked, || describe(&config, &checked))?;
    Ok(Exit::Ok)
}

fn show(context: &mut Context<'_, '_>, draft: Option<PathBuf>) -> Result<Exit, CliError> {
    let (config, _, refused) = read(context, draft)?;
    if let Some(why) = refused {
        context.out.note(&format!("Note: {why}"));
    }
    context.out.answer(&config, || {
        let said: String = levels(&config).iter().map(|said| format!("# {said}\n")).collect();
        out::toml(&format!("{said}{}", config.to_toml()))
    })?;
    Ok(Exit::Ok)
}

/// The system's file must be root's, as for the daemon. Of a draft it is only said that its owner would be refused.
fn read(
    context: &Context<'_, '_>,
    draft: Option<PathBuf>,
) -> Result<(Config, PathBuf, Option<String>), ConfigError> {
    let Some(draft) = draft else {
        let config = load(&context.config, Trust::RootOwned)?;
        return Ok((config, context.config.clone(), None));
    };
    let config = load(&draft, Trust::AnyOwner)?;
    let refused = match load(&draft, Trust::RootOwned) {
        Err(why @ ConfigError::Untrusted { .. }) => Some(refusal(&draft, &why)),
        _ => None,
    };
    Ok((config, draft, refused))
}

fn refusal(draft: &Path, why: &ConfigError) -> String {
    let what = match why {
        ConfigError::Untrusted { why, .. } => why,
        _ => "not acceptable",
    };
    format!(
        "{} is {what}: as it is, facelogind would refuse it. Install it as root's: sudo install -m 644 {0} {}",
        draft.display(),
        facelogin_config::DEFAULT_PATH
    )
}

/// The services that may use the face.
pub fn enabled(config: &Config) -> Vec<String> {
    let services = config.services.iter();
    services
        .filter(|(_, service)| service.enabled)
        .map(|(name, _)| name.clone())
        .collect()
}

/// The name under which an engine's templates are stored.
pub fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Dlib => "dlib-hog-resnet",
        Engine::Onnx => facelogin_score::uncalibrated::SFACE,
    }
}

/// What can be said of the general rules, and of each enabled service that has others.
pub fn levels(config: &Config) -> Vec<String> {
    let services = config.services.iter().filter(|(_, service)| service.enabled);
    claims(
        engine_name(config.engine),
        asked(&config.rules),
        services.map(|(name, service)| (name.as_str(), asked(&service.rules))),
    )
}

fn asked(rules: &Rules) -> Asked {
    Asked {
        strictness: match (rules.threshold, rules.security) {
            (Some(distance), _) => Strictness::Distance(distance),
            (None, Security::Convenient) => Strictness::Named(Level::Convenient),
            (None, Security::Balanced) => Strictness::Named(Level::Balanced),
            (None, Security::Strict) => Strictness::Named(Level::Strict),
        },
        frames: rules.frames,
        liveness: rules.liveness != Liveness::Off,
    }
}

/// What is allowed and dangerous.
pub fn warnings(config: &Config) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if config.camera.allow_virtual {
        warnings.push("camera.allow_virtual: whoever can write to a camera made by software can log in.");
    }
    if config.camera.replay.is_some() {
        warnings.push("camera.replay: pictures from a folder are played in place of a camera.");
    }
    warnings
}

fn describe(config: &Config, checked: &Checked) -> String {
    let rules = &config.rules;
    let strictness = match (rules.threshold, rules.security) {
        (Some(distance), _) => format!("threshold {distance}"),
        (None, Security::Convenient) => "security convenient".into(),
        (None, Security::Balanced) => "security balanced".into(),
        (None, Security::Strict) => "security strict".into(),
    };
    let camera = match &config.camera.replay {
        Some(folder) => format!("replay of {}", folder.display()),
        None => {
            let names: Vec<String> = config.camera.devices.iter().map(Device::to_string).collect();
            names.join(", else ")
        }
    };
    let services = if checked.services.is_empty() {
        "none: every login asks for the password".into()
    } else {
        checked.services.join(", ")
    };
    let mut lines = vec![
        format!("OK: {}", checked.file),
        format!(
            "{strictness}, {}, at most {} ms; lockout after {} mismatches",
            count(rules.frames, "picture"),
            rules.timeout_ms,
            config.lockout.failures
        ),
    ];
    lines.extend(checked.levels.iter().cloned());
    lines.extend([format!("camera: {camera}"), format!("services: {services}")]);
    lines.extend(
        checked
            .warnings
            .iter()
            .map(|warning| format!("Warning: {warning}")),
    );
    lines.extend(checked.refused.iter().map(|why| format!("Note: {why}")));
    let lines: Vec<_> = lines.iter().map(|line| clean(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checked_file_is_ok_with_what_it_enables() {
        let text = "[camera]\nallow_virtual = true\nreplay = '/srv/r'\n[services.login]\nenabled = true\n\
                    [services.i3lock]\nenabled = false\n";
        let config = facelogin_config::parse(text, Path::new("a.toml")).unwrap();
        let checked = Checked {
            file: "a.toml".into(),
            refused: None,
            warnings: warnings(&config),
            services: enabled(&config),
            levels: vec!["balanced: as measured".into()],
        };
        assert_eq!(
            describe(&config, &checked),
            "OK: a.toml\n\
             security balanced, 3 pictures, at most 4000 ms; lockout after 5 mismatches\n\
             balanced: as measured\n\
             camera: replay of /srv/r\n\
             services: login\n\
             Warning: camera.allow_virtual: whoever can write to a camera made by software can log in.\n\
             Warning: camera.replay: pictures from a folder are played in place of a camera."
        );
    }

    #[test]
    fn every_strictness_in_use_says_what_was_measured_of_it() {
        let text = "security = 'strict'\n[services.login]\nenabled = true\n[services.swaylock]\nenabled = true\n\
                    security = 'convenient'\n[services.i3lock]\nenabled = true\nthreshold = 0.3\n\
                    [services.kde]\nenabled = true\nframes = 1\n[services.xscreensaver]\nenabled = true\nliveness = 'off'\n\
                    [services.sddm]\nenabled = false\nsecurity = 'balanced'\n";
        let said = levels(&facelogin_config::parse(text, Path::new("a.toml")).unwrap());
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(
            said[0].starts_with("strict: aims at") && said[0].contains("does not support"),
            "{said:?}"
        );
        assert_eq!(said[1], "i3lock: threshold 0.3: no error rate is stated for it");
        assert!(
            said[2].starts_with("kde: strict: ") && said[2].ends_with("stated for frames = 1"),
            "{said:?}"
        );
        assert!(said[3].starts_with("swaylock: convenient: aims at"), "{said:?}");
        assert!(
            said[4].starts_with("xscreensaver: strict: ") && said[4].contains("liveness is off"),
            "{said:?}"
        );
        let threshold = facelogin_config::parse("threshold = 0.4\n", Path::new("a.toml")).unwrap();
        assert_eq!(
            levels(&threshold),
            ["threshold 0.4: no error rate is stated for it"]
        );
        let onnx = facelogin_config::parse("engine = 'onnx'\n", Path::new("a.toml")).unwrap();
        assert!(levels(&onnx)[0].contains("were not measured"));
    }

    #[test]
    fn r24_the_cameras_are_said_in_the_order_of_preference() {
        let text = "[camera]\ndevice = ['usb:046d:085e serial=7A8B', 'auto']\n";
        let config = facelogin_config::parse(text, Path::new("a.toml")).unwrap();
        let checked = Checked {
            file: "a.toml".into(),
            refused: None,
            warnings: warnings(&config),
            services: enabled(&config),
            levels: vec!["balanced: as measured".into()],
        };
        assert!(describe(&config, &checked).contains("\ncamera: usb:046d:085e serial=7A8B, else auto\n"));
    }

    #[test]
    fn an_empty_allow_list_is_said() {
        let config = facelogin_config::parse("", Path::new("a.toml")).unwrap();
        let checked = Checked {
            file: "a.toml".into(),
            refused: None,
            warnings: warnings(&config),
            services: enabled(&config),
            levels: vec!["balanced: as measured".into()],
        };
        assert!(describe(&config, &checked).contains("services: none"));
    }
}
