//! Logs in through real libpam with stacks from any folder, and says how it ended and how long it took.
//!
//! Exit code: the PAM code of the last attempt; 64 when the command line is wrong.
#![allow(clippy::print_stdout)]

use std::ffi::CString;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use facelogin_tests::pam_host::{Answer, Message, PamHost, code, flag};
use serde_json::json;

/// Logs in through libpam: pam_authenticate, then pam_acct_mgmt and pam_setcred, with --session the session too.
#[derive(Parser)]
struct Options {
    /// Folder of the PAM stacks.
    #[arg(long)]
    confdir: PathBuf,
    /// Which of them.
    #[arg(long)]
    service: String,
    /// Who logs in.
    #[arg(long)]
    user: String,
    /// PAM_TTY.
    #[arg(long)]
    tty: Option<CString>,
    /// PAM_RHOST.
    #[arg(long)]
    rhost: Option<CString>,
    /// PAM_RUSER.
    #[arg(long)]
    ruser: Option<CString>,
    /// The answer to the next question, such as a password; empty for Enter. Once they are used up the conversation
    /// fails.
    #[arg(long)]
    answer: Vec<CString>,
    /// Passes PAM_SILENT.
    #[arg(long)]
    silent: bool,
    /// Opens and closes a session.
    #[arg(long)]
    session: bool,
    /// How many attempts, each a transaction of its own.
    #[arg(long, default_value_t = 1)]
    repeat: u32,
    /// One line of JSON an attempt.
    #[arg(long)]
    json: bool,
    /// Close standard input, output and error before, as some programs run; prints nothing.
    #[arg(long)]
    close_stdio: bool,
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    let mut last = code::SERVICE_ERR;
    as_c_programs_start(options.close_stdio);
    for _ in 0..options.repeat {
        let start = Instant::now();
        let (call, result, messages) = attempt(&options);
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        last = result;
        if options.close_stdio {
            continue;
        }
        let name = code::name(result);
        if options.json {
            let messages: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
            println!(
                "{}",
                json!({ "code": result, "name": name, "call": call, "ms": ms, "messages": messages })
            );
        } else {
            for message in messages {
                println!("{:?}: {}", message.style, message.text);
            }
            println!("{name} from {call} after {ms:.0} ms");
        }
    }
    ExitCode::from(u8::try_from(last).unwrap_or(u8::MAX))
}

/// The call that decided, its code, and what the modules said.
fn attempt(options: &Options) -> (&'static str, i32, Vec<Message>) {
    let answers = options.answer.iter().cloned().map(Answer::Text).collect();
    let mut host = match PamHost::answering(&options.service, &options.user, &options.confdir, answers) {
        Ok(host) => host,
        Err(code) => return ("pam_start", code, Vec::new()),
    };
    let (call, code) = login(&mut host, options);
    (call, code, host.messages())
}

/// A call's name, the call, its flags.
type Step = (&'static str, fn(&mut PamHost, i32) -> i32, i32);

fn login(host: &mut PamHost, options: &Options) -> (&'static str, i32) {
    let items = [
        options.tty.as_deref().map_or(0, |tty| host.set_tty(tty)),
        options.rhost.as_deref().map_or(0, |name| host.set_rhost(name)),
        options.ruser.as_deref().map_or(0, |name| host.set_ruser(name)),
    ];
    if let Some(code) = items.into_iter().find(|code| *code != code::SUCCESS) {
        return ("pam_set_item", code);
    }
    let silent = if options.silent { flag::SILENT } else { 0 };
    // The order of login(1).
    let mut calls: Vec<Step> = vec![
        ("pam_authenticate", PamHost::authenticate, silent),
        ("pam_acct_mgmt", PamHost::acct_mgmt, silent),
        ("pam_setcred", PamHost::setcred, silent | flag::ESTABLISH_CRED),
    ];
    if options.session {
        calls.push(("pam_open_session", PamHost::open_session, silent));
        calls.push(("pam_close_session", PamHost::close_session, silent));
        calls.push(("pam_setcred", PamHost::setcred, silent | flag::DELETE_CRED));
    }
    for (name, call, flags) in calls {
        let code = call(host, flags);
        if code != code::SUCCESS {
            return (name, code);
        }
    }
    ("pam_authenticate", code::SUCCESS)
}

/// Undoes what Rust does at start and a C program would not have: SIGPIPE kills again.
#[allow(unsafe_code)]
fn as_c_programs_start(close_stdio: bool) {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: no handler is installed, only the default action, and there is one thread.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    if close_stdio {
        for fd in 0..3 {
            // SAFETY: nothing is written to the standard streams after this.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
}
