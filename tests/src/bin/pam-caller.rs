//! A program that asks PAM as another would: the same handle again and again, answers ready before they are asked for,
//! or none at all. Prints one line of JSON an attempt: every call with its code, and every message of `pam_authenticate` with its kind.
#![allow(clippy::print_stdout)]

use std::ffi::CString;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use facelogin_tests::pam_host::{Answer, PamHost, Style, code, flag};
use serde_json::json;

/// How questions are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Manner {
    /// With the text.
    Text,
    /// With success and a response that is NULL: LightDM without a greeter.
    Null,
    /// Not at all.
    Fail,
}

/// Asks PAM, with the stacks of /etc/pam.d.
#[derive(Parser)]
struct Options {
    /// Which stack.
    #[arg(long)]
    service: String,
    /// Who wants in.
    #[arg(long)]
    user: String,
    /// PAM_TTY.
    #[arg(long)]
    tty: Option<CString>,
    /// PAM_RHOST.
    #[arg(long)]
    rhost: Option<CString>,
    /// How questions are answered.
    #[arg(long, value_enum, default_value = "text")]
    answers: Manner,
    /// The answer to the first question, the second, and so on; the last of them to all that follow.
    #[arg(long)]
    text: Vec<CString>,
    /// Attempts, all with the same handle, until one succeeds.
    #[arg(long, default_value_t = 1)]
    attempts: u32,
    /// Milliseconds between them.
    #[arg(long, default_value_t = 0)]
    pause: u64,
    /// Authentication and account alone, as a lock screen does.
    #[arg(long)]
    locker: bool,
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(64);
        }
    };
    match run(&options) {
        Ok(code::SUCCESS) => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}

fn run(options: &Options) -> Result<i32, i32> {
    let (manner, texts) = (options.answers, options.text.clone());
    let mut asked = 0;
    let conversation = move |message: &facelogin_tests::pam_host::Message| {
        if !matches!(message.style, Style::Hidden | Style::Shown) {
            return Answer::Null;
        }
        let text = texts.get(asked).or(texts.last()).cloned();
        asked += 1;
        match (manner, text) {
            (Manner::Text, Some(text)) => Answer::Text(text),
            (Manner::Null, _) => Answer::Null,
            _ => Answer::Fail,
        }
    };
    let confdir = Path::new("/etc/pam.d");
    let mut host = PamHost::start(&options.service, Some(&options.user), confdir, conversation)?;
    if let Some(tty) = &options.tty {
        host.set_tty(tty);
    }
    if let Some(rhost) = &options.rhost {
        host.set_rhost(rhost);
    }
    let mut last = code::SERVICE_ERR;
    for attempt in 0..options.attempts {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(options.pause));
        }
        let before = host.messages().len();
        let start = Instant::now();
        let mut calls = vec![("authenticate", host.authenticate(0))];
        let ms = start.elapsed().as_millis();
        let said = host.messages().split_off(before);
        if calls[0].1 == code::SUCCESS {
            calls.push(("acct_mgmt", host.acct_mgmt(0)));
            if !options.locker {
                calls.push(("setcred", host.setcred(flag::ESTABLISH_CRED)));
                calls.push(("open_session", host.open_session(0)));
                calls.push(("close_session", host.close_session(0)));
                calls.push(("delete_cred", host.setcred(flag::DELETE_CRED)));
            } else {
                calls.push(("setcred", host.setcred(flag::REFRESH_CRED)));
            }
        }
        let failed = calls
            .iter()
            .map(|call| call.1)
            .find(|code| *code != code::SUCCESS);
        last = failed.unwrap_or(code::SUCCESS);
        let calls: Vec<_> = calls
            .iter()
            .map(|(name, code)| (name, code::name(*code)))
            .collect();
        let messages: Vec<_> = said
            .iter()
            .map(|message| json!({ "style": format!("{:?}", message.style), "text": message.text }))
            .collect();
        println!("{}", json!({ "calls": calls, "messages": messages, "ms": ms }));
        if last == code::SUCCESS {
            break;
        }
    }
    Ok(last)
}
