//! Help, version, and command lines that make no sense.

use crate::run::run;

const COMMANDS: [&[&str]; 24] = [
    &["add"],
    &["list"],
    &["remove"],
    &["rename"],
    &["clear"],
    &["test"],
    &["identify"],
    &["doctor"],
    &["status"],
    &["unlock"],
    &["audit"],
    &["notify"],
    &["cameras"],
    &["models"],
    &["models", "fetch"],
    &["models", "verify"],
    &["models", "list"],
    &["pam"],
    &["pam", "status"],
    &["pam", "enable"],
    &["pam", "disable"],
    &["config"],
    &["config", "check"],
    &["config", "show"],
];

#[test]
fn every_command_s_help_says_what_it_needs() {
    for command in COMMANDS {
        let ran = run(&[command, &["--help"]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        assert!(ran.out.contains("Needs "), "{command:?}: {}", ran.out);
    }
}

#[test]
fn the_help_documents_the_exit_codes_and_the_version_is_the_crate_s() {
    let help = run(&["--help"]).out;
    for code in 0..=6 {
        assert!(help.contains(&format!("\n  {code}  ")), "{help}");
    }
    let version = concat!("facelogin-enroll ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(run(&["--version"]).out, version);
}

#[test]
fn r19_the_help_says_what_the_password_is_for_and_what_it_is_not() {
    let help = run(&["--help"]).out;
    for words in [
        "password of the user who became root",
        "--unattended",
        "can bypass all of it",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let told: Vec<&str> = help.split_whitespace().collect();
        assert!(
            told.windows(words.len())
                .any(|part| part.join(" ").contains(&words.join(" "))),
            "{words:?}: {help}"
        );
    }
    for command in ["add", "remove", "rename", "clear"] {
        let help = run(&[command, "--help"]).out;
        assert!(
            help.contains("root and your password") && help.contains("--unattended"),
            "{help}"
        );
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_usage_and_with_json_an_object() {
    for args in [
        &[][..],
        &["frobnicate"],
        &["remove"],
        &["remove", "x"],
        &["remove", "0"],
        &["remove", "-1"],
        &["add", "--image"],
        &["rename", "1"],
        &["audit", "--limit", "0"],
        &["audit", "--limit", "1001"],
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(!ran.err.is_empty());
    }
    let ran = run(&["--json", "remove", "x"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (2, &"usage".into()));
}
