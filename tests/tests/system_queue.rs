//! R21, R22: what happens between attempts that come at the same time.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use facelogin_tests::pam_host::code;
use facelogin_tests::system::scene::{Portrait, Scene};
use facelogin_tests::system::user::{ENROLLED, STRANGER, uid};
use facelogin_tests::system::{System, SystemOptions, Wire, method};
use serde_json::json;

#[test]
fn r21_whoever_waited_for_the_camera_is_judged_by_what_happened_meanwhile() {
    let options = SystemOptions::default().tables("[lockout]\nfailures = 1");
    let Some(system) = System::start(&options) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Biden));
    let results: Vec<&str> = thread::scope(|scope| {
        let logins: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| code::name(system.login("login", ENROLLED))))
            .collect();
        logins.into_iter().map(|login| login.join().unwrap()).collect()
    });
    let mismatches = results.iter().filter(|result| **result == "PAM_AUTH_ERR").count();
    assert_eq!(
        mismatches, 1,
        "one try is all that failures = 1 allows: {results:?}"
    );
    for result in results {
        // Locked out by the first, or out of time in the queue.
        assert!(
            ["PAM_AUTH_ERR", "PAM_MAXTRIES", "PAM_AUTHINFO_UNAVAIL"].contains(&result),
            "{result}"
        );
    }
    assert_eq!(system.status(ENROLLED).lockouts[0].failures, 1);
}

#[test]
fn r22_users_who_do_not_read_or_ask_without_end_do_not_keep_root_out() {
    let Some(system) = System::start(&SystemOptions::default()) else {
        return;
    };
    system.enrol_usual();
    system.show(&Scene::of(Portrait::Obama));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..4 {
            let (over, socket) = (&over, system.socket());
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let peer = if number % 2 == 0 { ENROLLED } else { STRANGER };
                    let mut wire = Wire::connect_as(&socket, uid(peer));
                    // Many questions and no ear for the answers; then one that takes the camera.
                    for _ in 0..50 {
                        let _ = wire.call(&json!({ "method": "org.varlink.service.GetInfo" }));
                    }
                    let _ = wire.call(&method("ListCameras", json!({})));
                    let _ = wire.call(&method("Test", json!({ "user": peer })));
                    thread::sleep(std::time::Duration::from_millis(200));
                }
            });
        }
        let results: Vec<&str> = (0..6)
            .map(|_| code::name(system.login("login", ENROLLED)))
            .collect();
        over.store(true, Ordering::Relaxed);
        assert_eq!(results, ["PAM_SUCCESS"; 6]);
    });
}
