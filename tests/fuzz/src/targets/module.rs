//! What the PAM module takes from a PAM file and from the calling program.

use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use facelogin_protocol::codec::encode_call;
use facelogin_protocol::types::AuthenticateIn;
use facelogin_protocol::{RequestId, SMALL_MESSAGE};

use crate::args;
use crate::caller::{checked, shown};

/// The words after the module's name, one a line (R14, R23).
pub fn words(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let words: Vec<String> = text.lines().map(str::to_owned).collect();
    let settings = match args::parse(&words) {
        Ok(settings) => settings,
        Err(error) => {
            one_line(&shown(&error.to_string()));
            return;
        }
    };
    let socket = settings.socket.as_os_str().as_bytes();
    assert!(socket.starts_with(b"/") && socket.len() < 108);
    assert!((Duration::from_secs(1)..=Duration::from_secs(30)).contains(&settings.timeout));

    // The order of words says nothing, none may stand twice, and none is passed over.
    let mut turned = words.clone();
    turned.reverse();
    assert_eq!(args::parse(&turned).as_ref(), Ok(&settings));
    for at in 0..words.len() {
        let mut twice = words.clone();
        twice.push(words[at].clone());
        assert!(args::parse(&twice).is_err(), "{twice:?}");
        let mut without = words.clone();
        without.remove(at);
        assert!(args::parse(&without).is_ok(), "{without:?}");
    }
    let mut unknown = words;
    unknown.push("nonsense".into());
    assert!(args::parse(&unknown).is_err());
}

/// `PAM_USER`, `PAM_SERVICE`, `PAM_TTY` and `PAM_RUSER`, one a line (R14).
pub fn items(input: &[u8]) {
    let mut good = Vec::new();
    for bytes in input.split(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(bytes).ok();
        let fit = !bytes.is_empty()
            && bytes.len() <= 256
            && text.is_some_and(|text| !text.chars().any(char::is_control));
        let result = checked(bytes);
        assert_eq!(result.is_ok(), fit, "{bytes:?}: {result:?}");
        one_line(&shown(&String::from_utf8_lossy(bytes)));
        match result {
            Ok(same) => {
                assert_eq!(same.as_bytes(), bytes);
                good.push(same);
            }
            Err(flaw) => one_line(&flaw.to_string()),
        }
    }
    // Whatever passes fits the request, all of it at once (R20).
    let mut good = good.into_iter();
    let (Some(user), Some(service)) = (good.next(), good.next()) else {
        return;
    };
    let request = AuthenticateIn {
        request_id: RequestId::parse(&"f".repeat(32)).expect("32 digits"),
        user,
        uid: u32::MAX,
        service,
        tty: good.next(),
        rhost: None,
        ruser: good.next(),
        consent: false,
        timeout_ms: u32::MAX,
    };
    let bytes = encode_call("org.facelogin.Login.Authenticate", &request, false).expect("it can be written");
    assert!(bytes.len() <= SMALL_MESSAGE + 1, "{}", bytes.len());
}

fn one_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
}
