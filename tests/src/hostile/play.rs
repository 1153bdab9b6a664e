//! The host's own side: does one case.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem, ptr};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::unistd::{Gid, Uid, User, setgid, setgroups, setuid};

use super::case::{Case, Entry, Report, Signals, Talk};
use super::conversation::HostileHost;
use super::state::State;
use crate::pam_host::PamHost;

/// A traced host closes this descriptor, which nobody has, when its calls are done.
pub const END_MARK: i32 = -0x0FACE;

/// The round from which on the heap may not grow: what is kept for good is there by then.
const SETTLED: u32 = 10;

/// Does the case. Errors are of the host itself, not of the module.
pub fn play(case: &Case) -> io::Result<Report> {
    if case.close_stdio {
        for fd in 0..3 {
            // SAFETY: nothing of this program writes to the standard streams.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
    set_signals(case.signals)?;
    let mut host = if case.threads == 1 {
        Some(start(case)?)
    } else {
        None
    };
    if let Some(uid) = case.uid {
        setgroups(&[])?;
        setgid(Gid::from_raw(uid))?;
        setuid(Uid::from_raw(uid))?;
    }
    // What libc loads at the first use of the name service stays, whoever uses it.
    User::from_name(case.user.as_deref().unwrap_or("root"))?;
    // So does the handler that it installs with the first thread.
    thread::spawn(|| {})
        .join()
        .map_err(|_| io::Error::other("a thread"))?;
    let before = State::now()?;
    let (mut codes, mut heap_growth) = (Vec::with_capacity(4096), None);
    if let Some(left) = case.memory_left {
        exhaust(left)?;
    }
    if let Some(host) = &mut host {
        if case.traced {
            raise(Signal::SIGSTOP)?;
        }
        heap_growth = rounds(host, case, &mut codes);
        if case.traced {
            // SAFETY: closes a descriptor that cannot exist.
            unsafe { libc::syscall(libc::SYS_close, c_long::from(END_MARK)) };
        }
    }
    let mut talks = Vec::new();
    if host.is_none() {
        (codes, talks) = in_threads(case)?;
    }
    if case.memory_left.is_some() {
        unlimit()?;
    }
    let after = settled(&before)?;
    if let Some(host) = host {
        talks = host.end();
    }
    let ended = settled(&before)?;
    Ok(Report {
        codes,
        talks,
        before,
        after,
        ended,
        signals: CAUGHT.load(Ordering::SeqCst),
        heap_growth,
    })
}

fn start(case: &Case) -> io::Result<HostileHost> {
    let failed = |code: i32| io::Error::other(format!("pam_start: {code}"));
    let host = PamHost::mute("face", case.user.as_deref().unwrap_or(""), &case.confdir).map_err(failed)?;
    let mut host = HostileHost::new(host, case.conversation.clone()).map_err(failed)?;
    if case.user.is_none() {
        host.host().set_user(None);
    }
    Ok(host)
}

fn rounds(host: &mut HostileHost, case: &Case, codes: &mut Vec<i32>) -> Option<i64> {
    let mut settled = None;
    for round in 0..case.repeat {
        if round == SETTLED {
            settled = Some(heap_in_use());
        }
        for call in &case.calls {
            let host = host.host();
            if case.user.is_none() {
                host.set_user(None);
            }
            codes.push(match *call {
                Entry::Authenticate(flags) => host.authenticate(flags),
                Entry::SetCred(flags) => host.setcred(flags),
                Entry::Account => host.acct_mgmt(0),
                Entry::OpenSession => host.open_session(0),
                Entry::CloseSession => host.close_session(0),
                Entry::Password => host.chauthtok(0),
            });
        }
    }
    settled.map(|before| heap_in_use() - before)
}

fn in_threads(case: &Case) -> io::Result<(Vec<i32>, Vec<Talk>)> {
    let together = Barrier::new(usize::try_from(case.threads).unwrap_or(1));
    let (mut codes, mut talks) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..case.threads)
            .map(|_| {
                scope.spawn(|| {
                    let host = start(case);
                    together.wait();
                    let mut host = host?;
                    let mut codes = Vec::new();
                    rounds(&mut host, case, &mut codes);
                    Ok::<_, io::Error>((codes, host.end()))
                })
            })
            .collect();
        for thread in threads {
            let (more_codes, more_talks) = thread.join().map_err(|_| io::Error::other("a thread"))??;
            codes.extend(more_codes);
            talks.extend(more_talks);
        }
        Ok::<_, io::Error>(())
    })?;
    Ok((codes, talks))
}

/// The state, once threads that were joined have left `/proc` too.
fn settled(before: &State) -> io::Result<State> {
    let start = Instant::now();
    loop {
        let now = State::now()?;
        if now.threads == before.threads || start.elapsed() > Duration::from_secs(5) {
            return Ok(now);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Signals that came to a handler.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

extern "C" fn catch(_: c_int) {
    CAUGHT.fetch_add(1, Ordering::SeqCst);
}

fn set_signals(signals: Signals) -> io::Result<()> {
    let handler = match signals {
        Signals::Default | Signals::Blocked => SigHandler::SigDfl,
        Signals::Ignored => SigHandler::SigIgn,
        Signals::Handled | Signals::Storm => SigHandler::Handler(catch),
    };
    for signal in [Signal::SIGPIPE, Signal::SIGCHLD, Signal::SIGALRM] {
        // No SA_RESTART: a call that a signal interrupts ends with EINTR.
        let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler only adds to an atomic number.
        unsafe { sigaction(signal, &action) }?;
    }
    if signals == Signals::Blocked {
        SigSet::all().thread_block()?;
    }
    if signals == Signals::Storm {
        let millisecond = libc::timeval {
            tv_sec: 0,
            tv_usec: 1000,
        };
        let timer = libc::itimerval {
            it_interval: millisecond,
            it_value: millisecond,
        };
        // SAFETY: the timer is read, and the handler for its signal is there.
        if unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Bytes that malloc has given out and not got back.
fn heap_in_use() -> i64 {
    // SAFETY: only reads.
    let info = unsafe { libc::mallinfo2() };
    i64::try_from(info.uordblks + info.hblkhd).unwrap_or(i64::MAX)
}

/// Takes all memory that the heap has, but for a block of `left` bytes, and has the kernel give no more.
fn exhaust(left: usize) -> io::Result<()> {
    // A call that the compiler knows to be malloc may be left out.
    let malloc = std::hint::black_box(libc::malloc as unsafe extern "C" fn(usize) -> *mut libc::c_void);
    // SAFETY: malloc and free on blocks of its own, which are never used and, but for one, never freed.
    unsafe {
        let kept = malloc(left.max(1));
        let limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: libc::RLIM_INFINITY,
        };
        // An address space of nothing: what is mapped stays, nothing is added.
        if libc::setrlimit(libc::RLIMIT_AS, &limit) != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut size = 1 << 20;
        while size >= 16 {
            while !malloc(size).is_null() {}
            size /= 2;
        }
        libc::free(kept);
    }
    Ok(())
}

fn unlimit() -> io::Result<()> {
    // SAFETY: all-zero is a valid `rlimit`.
    let mut limit: libc::rlimit = unsafe { mem::zeroed() };
    limit.rlim_cur = libc::RLIM_INFINITY;
    limit.rlim_max = libc::RLIM_INFINITY;
    // SAFETY: the limit is read.
    match unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
