use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use facelogin_protocol::types::Reason;

use super::*;

fn entry(user: &str) -> Entry<'_> {
    Entry {
        action: "authenticate",
        user,
        uid: Some(1000),
        service: "login",
        tty: "/dev/tty1",
        ruser: "",
        peer_uid: 0,
        verdict: Some((Verdict::NoMatch, Reason::NotMatching)),
        millis: 812,
    }
}

/// A log of the test's own.
fn listen(path: &Path) -> UnixDatagram {
    let _ = std::fs::remove_file(path);
    let log = UnixDatagram::bind(path).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    log
}

fn next(log: &UnixDatagram) -> String {
    let mut buffer = [0; 4096];
    let got = log.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..got]).into_owned()
}

fn is_empty(log: &UnixDatagram) -> bool {
    log.set_nonblocking(true).unwrap();
    log.recv(&mut [0; 8]).is_err()
}

fn fields(datagram: &str) -> BTreeMap<&str, &str> {
    assert!(datagram.ends_with('\n'), "{datagram:?}");
    let lines = datagram.lines();
    let fields: Vec<_> = lines.map(|line| line.split_once('=').unwrap()).collect();
    let map: BTreeMap<_, _> = fields.iter().copied().collect();
    assert_eq!(map.len(), fields.len(), "no field twice: {datagram:?}");
    map
}

#[test]
fn r14_a_user_name_cannot_forge_a_line_or_a_field() {
    let line = entry("eve\nuser=root verdict=match").line();
    assert_eq!(
        line,
        "action=authenticate user=\"eve\\u{a}user=root verdict=match\" uid=1000 service=login tty=/dev/tty1 \
         peer_uid=0 verdict=no_match reason=not_matching ms=812"
    );
    assert!(
        entry("a\" verdict=match \"")
            .line()
            .contains("user=\"a\\u{22} verdict=match \\u{22}\"")
    );
    assert!(entry("").line().contains("user=\"\""));

    let dir = tempfile::tempdir().unwrap();
    let log = listen(&dir.path().join("journal"));
    let audit = Audit::to(dir.path().join("journal"), dir.path().join("log"));
    audit.decision(&entry("eve\nFACELOGIN_VERDICT=match\n"));
    let datagram = next(&log);
    let fields = fields(&datagram);
    assert_eq!(fields["FACELOGIN_VERDICT"], "no_match");
    assert_eq!(fields["FACELOGIN_USER"], "eve\\u{a}FACELOGIN_VERDICT=match\\u{a}");
}

#[test]
fn a_journal_gets_every_part_of_a_decision_as_a_field_and_syslog_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, syslog) = (dir.path().join("journal"), dir.path().join("log"));
    let (log, other) = (listen(&journal), listen(&syslog));
    let audit = Audit::to(journal, syslog);
    let su = Entry {
        user: "root",
        uid: Some(0),
        service: "su",
        ruser: "alice",
        verdict: Some((Verdict::Match, Reason::Matched)),
        ..entry("")
    };
    audit.decision(&su);
    let datagram = next(&log);
    let line = su.line();
    let expected = BTreeMap::from([
        ("MESSAGE", line.as_str()),
        ("MESSAGE_ID", Event::Granted.id()),
        ("PRIORITY", "5"),
        ("SYSLOG_FACILITY", "10"),
        ("SYSLOG_IDENTIFIER", "facelogind"),
        ("FACELOGIN_ACTION", "authenticate"),
        ("FACELOGIN_USER", "root"),
        ("FACELOGIN_UID", "0"),
        ("FACELOGIN_SERVICE", "su"),
        ("FACELOGIN_TTY", "/dev/tty1"),
        ("FACELOGIN_RUSER", "alice"),
        ("FACELOGIN_PEER_UID", "0"),
        ("FACELOGIN_VERDICT", "match"),
        ("FACELOGIN_REASON", "matched"),
        ("FACELOGIN_MILLISECONDS", "812"),
    ]);
    assert_eq!(fields(&datagram), expected);
    assert!(line.contains(" ruser=alice "), "{line}");

    audit.decision(&entry("alice"));
    let datagram = next(&log);
    let fields_of = fields(&datagram);
    assert_eq!(
        (fields_of["PRIORITY"], fields_of["MESSAGE_ID"]),
        ("4", Event::Refused.id())
    );
    assert!(!fields_of.contains_key("FACELOGIN_RUSER"));

    audit.remark("a\nPRIORITY=0");
    let datagram = next(&log);
    let fields_of = fields(&datagram);
    assert_eq!(
        (fields_of["MESSAGE"], fields_of["MESSAGE_ID"]),
        ("a\\u{a}PRIORITY=0", Event::Remark.id())
    );
    assert!(is_empty(&log) && is_empty(&other));
}

#[test]
fn every_kind_of_entry_has_an_id_of_its_own_and_a_test_grants_nothing() {
    let matched = Some((Verdict::Match, Reason::Matched));
    let kind = |action, verdict| {
        Entry {
            action,
            verdict,
            ..entry("alice")
        }
        .event()
    };
    assert_eq!(kind("authenticate", matched), Event::Granted);
    assert_eq!(kind("authenticate", entry("").verdict), Event::Refused);
    assert_eq!(kind("test", matched), Event::Tested);
    assert_eq!(kind("clear", None), Event::Changed);
    let ids = [
        Event::Granted,
        Event::Refused,
        Event::Tested,
        Event::Changed,
        Event::Remark,
    ]
    .map(Event::id);
    let distinct: std::collections::BTreeSet<_> = ids.into_iter().collect();
    assert_eq!(distinct.len(), ids.len());
    for id in ids {
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

#[test]
fn decisions_reach_either_log_and_survive_its_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, syslog) = (dir.path().join("journal"), dir.path().join("log"));
    // Facility 10 (authpriv) times 8 plus severity 4 (warning).
    for (path, start) in [(&syslog, "<84>"), (&journal, "MESSAGE=")] {
        let audit = Audit::to(journal.clone(), syslog.clone());
        for _ in 0..2 {
            let log = listen(path);
            audit.decision(&entry("alice"));
            let text = next(&log);
            assert!(text.starts_with(start), "{text}");
            assert!(
                text.contains("facelogind") && text.contains("user=alice"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_log_that_takes_nothing_holds_nobody_up_and_what_it_missed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, syslog) = (dir.path().join("journal"), dir.path().join("log"));
    for (path, told) in [(&syslog, "lost_before="), (&journal, "FACELOGIN_LOST_BEFORE=")] {
        let log = listen(path);
        let audit = Audit::to(journal.clone(), syslog.clone());
        // Far more than any socket's queue.
        for _ in 0..5000 {
            audit.decision(&entry("alice"));
        }
        log.set_nonblocking(true).unwrap();
        let mut taken = 0;
        while log.recv(&mut [0; 8]).is_ok() {
            taken += 1;
        }
        assert!(taken < 5000);
        audit.decision(&entry("bob"));
        let text = next(&log);
        let lost = format!("{told}{}", 5000 - taken);
        assert!(
            text.contains("user=bob") && text.trim_end().ends_with(&lost),
            "{text}"
        );
        audit.decision(&entry("bob"));
        assert!(!next(&log).contains("lost"), "told once");
        std::fs::remove_file(path).unwrap();
    }
}
