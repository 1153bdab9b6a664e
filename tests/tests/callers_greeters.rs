//! Display managers: their own stacks, from their packages, run by a program that asks as they do. The programs
//! themselves want a seat.
#![allow(clippy::unwrap_used)]

use facelogin_tests::callers::cases::View;
use facelogin_tests::callers::{ENROLLED, NOT_ENROLLED, ROOT, Table, World};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pam-caller");

const MATCH: &[&str] = &["PAM_SUCCESS"];
const NO_MATCH: &[&str] = &["PAM_AUTH_ERR"];
const UNAVAILABLE: &[&str] = &["PAM_AUTHINFO_UNAVAIL"];

/// A view, its name, and the module's codes.
const VIEWS: [(View, &str, &[&str]); 4] = [
    (View::Match, "match", MATCH),
    (View::Stranger, "another face, then the password", NO_MATCH),
    (View::Nobody, "nobody, then the password", UNAVAILABLE),
    (View::Down, "daemon down, the password", UNAVAILABLE),
];

fn arguments<'a>(service: &'a str, user: &'a str, password: &'a str) -> Vec<&'a str> {
    let terminal = ["--tty", "/dev/tty1"];
    let who = ["--service", service, "--user", user, "--text", password];
    [&who[..], &terminal[..]].concat()
}

/// Passwords of alice's that were reported.
fn reports_of(world: &World) -> usize {
    let log = world.log();
    log.iter()
        .filter(|line| line.contains("action=password user=alice uid=4001"))
        .count()
}

#[test]
fn gdm_lightdm_and_greetd_ask_at_once_and_fall_back_to_the_password() {
    let greeters = ["gdm-password", "lightdm", "greetd"];
    let services = greeters.map(|name| (name, "immediate"));
    World::run(&[], &services, |world| {
        let mut table = Table::new("greeters-immediate");
        greeters.iter().for_each(|name| world.ship(name));
        for (view, what, codes) in VIEWS {
            world.see(view);
            let reports = reports_of(world);
            for service in greeters {
                let caller = format!("{service} (immediate)");
                let alice = arguments(service, ENROLLED.name, ENROLLED.password);
                let asked = world.ask_once(&mut table, (&caller, what), PROGRAM, 0, &alice, (codes, true));
                let questions = usize::from(view != View::Match);
                assert_eq!(asked.count("Hidden"), questions, "{asked:?}");
                // greetd: each message is a round trip to the greeter.
                assert!(asked.messages.len() <= 1 + questions, "{asked:?}");
                if view == View::Match {
                    assert!(asked.messages.is_empty(), "{asked:?}");
                }
            }
            // R21: each password that was typed and accepted, and no face.
            let typed = match view {
                View::Match | View::Down => 0,
                View::Stranger | View::Nobody => greeters.len(),
            };
            assert_eq!(reports_of(world), reports + typed, "{what}");
            if view == View::Match {
                let bob = arguments("gdm-password", NOT_ENROLLED.name, NOT_ENROLLED.password);
                let case = ("gdm-password (immediate)", "not enrolled, the password");
                world.ask_once(&mut table, case, PROGRAM, 0, &bob, (UNAVAILABLE, true));
                let root = arguments("gdm-password", ROOT.name, ROOT.password);
                // GDM's own stack has refused root, whatever follows.
                let case = ("gdm-password (immediate)", "root, who may not");
                world.ask_once(&mut table, case, PROGRAM, 0, &root, (UNAVAILABLE, false));
                let remote = [
                    &arguments("gdm-password", ENROLLED.name, ENROLLED.password)[..],
                    &["--rhost", "0.0.0.0"],
                ];
                let case = ("gdm-password (immediate)", "a remote display, the password");
                world.ask_once(
                    &mut table,
                    case,
                    PROGRAM,
                    0,
                    &remote.concat(),
                    (UNAVAILABLE, true),
                );
            }
        }
    });
}

#[test]
fn sddm_submits_an_empty_field_for_the_face() {
    World::run(&[], &[("sddm", "enter")], |world| {
        let mut table = Table::new("greeters-enter");
        world.ship("sddm");
        let caller = "sddm (enter)";
        for (view, codes) in [
            (View::Match, MATCH),
            (View::Stranger, NO_MATCH),
            (View::Nobody, UNAVAILABLE),
            (View::Down, UNAVAILABLE),
        ] {
            world.see(view);
            let matched = view == View::Match;
            // What is submitted answers every question of that attempt.
            let empty = arguments("sddm", ENROLLED.name, "");
            let what = format!("{view:?}, empty field submitted");
            let asked = world.ask_once(&mut table, (caller, &what), PROGRAM, 0, &empty, (codes, matched));
            let words = |text: &str| text.to_lowercase().contains("password");
            let questions = asked.messages.iter().filter(|message| message.0 == "Hidden");
            assert!(
                questions.clone().count() > 0 && questions.clone().all(|one| words(&one.1)),
                "{asked:?}"
            );
            let what = format!("{view:?}, password submitted");
            let typed = arguments("sddm", ENROLLED.name, ENROLLED.password);
            let asked = world.ask_once(
                &mut table,
                (caller, &what),
                PROGRAM,
                0,
                &typed,
                (UNAVAILABLE, true),
            );
            assert_eq!(asked.count("Hidden"), 1, "{asked:?}");
        }
    });
}

#[test]
fn r11_a_conversation_of_null_answers_lets_nobody_in_but_by_face() {
    World::run(&[], &[("lightdm", "immediate"), ("sddm", "enter")], |world| {
        let mut table = Table::new("greeters-null");
        world.ship("lightdm");
        world.ship("sddm");
        let null = |service| {
            [
                "--service",
                service,
                "--user",
                ENROLLED.name,
                "--tty",
                ":0",
                "--answers",
                "null",
            ]
        };
        world.see(View::Match);
        let immediate = "lightdm without a greeter (immediate)";
        world.ask_once(
            &mut table,
            (immediate, "match"),
            PROGRAM,
            0,
            &null("lightdm"),
            (MATCH, true),
        );
        let enter = ("the same (enter)", "match, but nobody answers");
        world.ask_once(
            &mut table,
            enter,
            PROGRAM,
            0,
            &null("sddm"),
            (&["PAM_CONV_ERR"], false),
        );
        world.see(View::Nobody);
        let nobody = (immediate, "nobody");
        world.ask_once(
            &mut table,
            nobody,
            PROGRAM,
            0,
            &null("lightdm"),
            (UNAVAILABLE, false),
        );
    });
}
