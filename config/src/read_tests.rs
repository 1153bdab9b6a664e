use super::*;
use crate::DEFAULT_FILE;

fn read(text: &str) -> Result<Config, String> {
    parse(text, Path::new("f.toml")).map_err(|error| error.to_string())
}

#[test]
fn the_installed_file_parses_to_the_defaults() {
    assert_eq!(read(DEFAULT_FILE).unwrap(), Config::default());
}

#[test]
fn every_commented_key_of_the_installed_file_is_real() {
    let uncommented: String = DEFAULT_FILE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if (rest.contains(" = ") || rest.starts_with('[')) && !rest.starts_with(' ') => {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(uncommented.trim(), DEFAULT_FILE.trim());
    let uncommented = uncommented.replace("allow_virtual = false", "allow_virtual = true");
    read(&uncommented).unwrap();
}

#[test]
fn what_show_prints_reads_back_the_same() {
    let text = "threshold = 0.4\n[camera]\nallow_virtual = true\nreplay = \"/x\"\n[services.login]\nenabled = true\n";
    let config = read(text).unwrap();
    assert_eq!(read(&config.to_toml()).unwrap(), config);
    assert_eq!(read(&Config::default().to_toml()).unwrap(), Config::default());
}

#[test]
fn r24_cameras_are_preferred_in_the_order_in_which_they_stand() {
    let devices = |text: &str| {
        let config = read(&format!("[camera]\ndevice = {text}\n")).unwrap();
        assert_eq!(read(&config.to_toml()).unwrap(), config);
        let names: Vec<_> = config.camera.devices.iter().map(Device::to_string).collect();
        names
    };
    assert_eq!(devices("\"auto\""), ["auto"]);
    assert_eq!(devices("[\"auto\"]"), ["auto"]);
    assert_eq!(devices("\"usb:04F2:B6D9\""), ["usb:04f2:b6d9"]);
    assert_eq!(
        devices("[\n \"usb:046d:085e serial=A%20b\", # the dock's\n \"/dev/v4l/by-id/x\",\n 'auto',\n]"),
        ["usb:046d:085e serial=A%20b", "/dev/v4l/by-id/x", "auto"]
    );
}

#[test]
fn r06_only_listed_and_enabled_services_may_use_the_face() {
    assert!(read("").unwrap().services.is_empty());
    let config = read("[services.login]\nenabled = true\n[services.gdm-password]\n").unwrap();
    assert!(config.service("login").is_some());
    for other in ["gdm-password", "sddm", "sudo", ""] {
        assert!(config.service(other).is_none(), "{other}");
    }
}

#[test]
fn r26_what_hands_out_rights_asks_at_a_prompt_and_is_off_until_turned_on() {
    for service in crate::services::NEEDS_CONSENT {
        assert!(Config::default().service(service).is_none(), "{service}");
        let config = read(&format!("[services.{service}]\nenabled = true\n")).unwrap();
        assert_eq!(
            config.service(service).unwrap().trigger,
            Trigger::Enter,
            "{service}"
        );
    }
    assert!(Config::default().service("polkit-1").is_none());
    let config = read("[services.polkit-1]\nenabled = true\n[services.sudo]\n").unwrap();
    assert_eq!(config.service("polkit-1").unwrap().trigger, Trigger::Immediate);
    assert!(config.service("sudo").is_none());
}

#[test]
fn a_service_takes_the_general_rules_where_it_names_none() {
    let config = read(
        "threshold = 0.3\nframes = 5\n\
         [services.a]\nenabled = true\nframes = 2\n[services.b]\nenabled = true\nsecurity = \"strict\"\n",
    )
    .unwrap();
    let (a, b) = (config.service("a").unwrap(), config.service("b").unwrap());
    assert_eq!((a.rules.threshold, a.rules.frames), (Some(0.3), 2));
    assert_eq!(
        (b.rules.threshold, b.rules.security, b.rules.frames),
        (None, Security::Strict, 5)
    );
}

#[test]
fn r14_an_error_has_one_line_and_moves_no_cursor() {
    for text in [
        "[services.\"a\\nb\"]",
        "\"a\\u001b[2J\" = 1",
        "security = \"\\u001b[2J\"",
        "[services.login]\ntrigger = \"a\\nb\"",
        "[services.\"\\u007f\"]\nframes = \"x\"",
    ] {
        let error = read(text).unwrap_err();
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}

#[test]
fn r06_r26_errors_name_file_line_key_and_what_was_expected() {
    let table: &[(&str, &[&str])] = &[
        ("frames = 0", &["f.toml:1:", "frames", "from 1 to 10", "found 0"]),
        ("\n\nframes = 11", &["f.toml:3:", "frames"]),
        (
            "\nframes = \"3\"",
            &["f.toml:2: frames:", "string", "expected a whole number"],
        ),
        (
            "[services.login]\n\nthreshold = true",
            &["f.toml:3: services.login.threshold:", "expected a number"],
        ),
        (
            "# a = 1\n[camera] # x\ndevice = 3",
            &[
                "f.toml:3: camera.device:",
                "expected a string or an array of strings",
            ],
        ),
        (
            "[camera]\ndevice = [\n\"usb:04f2:b6d9 serial=1\",\n3]",
            &["f.toml:4: camera.device:", "expected a string"],
        ),
        (
            "[camera]\ndevice = []",
            &["f.toml:2: camera.device:", "at least one"],
        ),
        (
            "[camera]\ndevice = [\n\"auto\",\n\"usb:04f2:b6d9 serial=\"]",
            &["f.toml:4: camera.device:", "serial=", "is not readable"],
        ),
        (
            "[camera]\ndevice = [\n\"usb:04f2:b6d9\",\n\"auto\",\n\"usb:04F2:b6d9\"]",
            &["f.toml:5: camera.device:", "usb:04f2:b6d9", "twice"],
        ),
        ("threshold = 0.7", &["threshold", "0.20", "0.60"]),
        ("threshold = nan", &["threshold"]),
        ("timeout_ms = 100", &["timeout_ms", "from 500"]),
        (
            "timeout_ms = 1000\nno_face_timeout_ms = 1500",
            &["f.toml:2:", "no_face_timeout_ms", "to 1000"],
        ),
        ("securty = \"strict\"", &["f.toml:1:", "securty", "security"]),
        (
            "security = \"paranoid\"",
            &["f.toml:1: security:", "paranoid", "balanced"],
        ),
        (
            "[camera]\ndevice = \"/dev/video0\"",
            &["f.toml:2:", "camera.device", "/dev/v4l/by-id/"],
        ),
        (
            "[camera]\ndevice = \"/dev/v4l/by-id/..\"",
            &["f.toml:2:", "camera.device"],
        ),
        (
            "[camera]\nreplay = \"/x\"",
            &["f.toml:2:", "camera.replay", "allow_virtual"],
        ),
        (
            "[camera]\nallow_virtual = true\nreplay = \"x\"",
            &["f.toml:3:", "absolute"],
        ),
        ("[models]\nfolder = \"models\"", &["models.folder", "absolute"]),
        (
            "[lockout]\nfailures = 0",
            &["f.toml:2:", "lockout.failures", "from 1 to 20"],
        ),
        (
            "[lockout]\nfirst_wait_seconds = 600\nmax_wait_seconds = 60",
            &["f.toml:3:", "from 600"],
        ),
        (
            "[services.sshd]\nenabled = true",
            &["f.toml:1:", "services.sshd", "never"],
        ),
        (
            "[services.sudo]\nenabled = true\ntrigger = \"immediate\"",
            &["f.toml:3:", "services.sudo.trigger", "enter", "consent"],
        ),
        (
            "\n[services.passwd]\nenabled = true",
            &["f.toml:2:", "services.passwd", "password"],
        ),
        (
            "[services.login]\ntrigger = \"always\"",
            &["f.toml:2: services.login.trigger:", "always", "immediate"],
        ),
        ("presence = \"here\"", &["f.toml:1: presence:", "here", "seat"]),
        (
            "lock_grace_seconds = 601",
            &["lock_grace_seconds", "from 0 to 600"],
        ),
        (
            "[password_first]\nafter_hours = 0",
            &["f.toml:2:", "password_first.after_hours", "from 1 to 8760"],
        ),
        ("[services.\"a/b\"]", &["services.a/b", "name of a PAM service"]),
        (
            "[services.login]\nenable = true",
            &["f.toml:2:", "enable", "enabled"],
        ),
        ("frames = 3\nframes = 3", &["f.toml:2:", "duplicate"]),
        ("frames =", &["f.toml:1:"]),
    ];
    for (text, expected) in table {
        let error = read(text).unwrap_err();
        for part in *expected {
            assert!(error.contains(part), "{text:?}: {error:?} lacks {part:?}");
        }
    }
}
