//! Help, version, and command lines that make no sense.

use crate::run::run;

const COMMANDS: [&[&str]; 21] = [
    &["add"],
    &["list"],
    &["remove"],
    &["rename"],
    &["clear"],
    &["test"],
    &["identify"],
    &["status"],
    &["unlock"],
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
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(!ran.err.is_empty());
    }
    let ran = run(&["--json", "remove", "x"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (2, &"usage".into()));
}
