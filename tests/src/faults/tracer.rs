//! One traced run of a host.
#![allow(unsafe_code)]

use std::ffi::c_long;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::hostile::{Case, END_MARK, Outcome, Prepared};

/// What happens to a system call.
pub enum Fault<'a> {
    /// It fails with this error, and so do the next ones of its kind, this many in all.
    Error(Errno, u32),
    /// It transfers one byte, and so do the next ones of its kind, this many in all. Others are left alone.
    Short(u32),
    /// Before it begins, this is done.
    Before(&'a mut dyn FnMut()),
}

/// How a traced run ended.
#[derive(Debug)]
pub struct Traced {
    /// The host's end and its report.
    pub outcome: Outcome,
    /// The number of the system call that the fault met; `None` when there were not so many.
    pub met: Option<c_long>,
    /// How many calls were made to fail, cut short or preceded by something.
    pub faults: u32,
    /// It had to be killed.
    pub hung: bool,
}

/// Longer than any run, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `case` (its `traced` is set) in `program`, and has `fault` meet its `at`-th system call, counted from the
/// first of the PAM calls.
pub fn trace(program: &str, case: &Case, at: usize, fault: Fault<'_>) -> io::Result<Traced> {
    let case = Case {
        traced: true,
        ..case.clone()
    };
    let prepared = Prepared::new(&case)?;
    let mut command = prepared.command(program)?;
    // SAFETY: ptrace(2) is one system call, which a fork of any process may make.
    unsafe { command.pre_exec(|| ptrace::traceme().map_err(io::Error::from)) };
    let child = command.spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let (done, waiting) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        let late = waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            let _ = kill(pid, Signal::SIGKILL);
        }
        late
    });
    let mut run = Run {
        pid,
        at,
        fault,
        met: None,
        faults: 0,
        seen: 0,
    };
    let status = run.follow();
    drop(done);
    let hung = watchdog.join().unwrap_or(true);
    Ok(Traced {
        outcome: prepared.outcome(status?)?,
        met: run.met,
        faults: run.faults,
        hung,
    })
}

struct Run<'a> {
    pid: Pid,
    at: usize,
    fault: Fault<'a>,
    met: Option<c_long>,
    faults: u32,
    seen: usize,
}

/// What is to be undone or set when a call returns.
enum Return {
    Untouched,
    Result(i64),
    Length(u64),
}

impl Run<'_> {
    fn follow(&mut self) -> io::Result<ExitStatus> {
        // execve(2).
        let _ = waitpid(self.pid, None)?;
        ptrace::setoptions(
            self.pid,
            Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL,
        )?;
        let mut signal = None;
        loop {
            ptrace::cont(self.pid, signal)?;
            match waitpid(self.pid, None)? {
                WaitStatus::Stopped(_, Signal::SIGSTOP) => break,
                WaitStatus::Stopped(_, other) => signal = Some(other),
                status => return Ok(ended(status).unwrap_or_default()),
            }
        }
        let (mut inside, mut on_return, mut signal) = (false, Return::Untouched, None);
        loop {
            ptrace::syscall(self.pid, signal.take())?;
            match waitpid(self.pid, None)? {
                WaitStatus::PtraceSyscall(_) if inside => {
                    inside = false;
                    self.leave(std::mem::replace(&mut on_return, Return::Untouched))?;
                }
                WaitStatus::PtraceSyscall(_) => {
                    inside = true;
                    let registers = ptrace::getregs(self.pid)?;
                    // Descriptors are 32 bits wide.
                    if registers.orig_rax == libc::SYS_close as u64 && registers.rdi as i32 == END_MARK {
                        return self.let_go();
                    }
                    on_return = self.enter(registers)?;
                    self.seen += 1;
                }
                WaitStatus::Stopped(_, other) => signal = Some(other),
                status => {
                    if let Some(status) = ended(status) {
                        return Ok(status);
                    }
                }
            }
        }
    }

    fn enter(&mut self, registers: user_regs_struct) -> io::Result<Return> {
        let number = registers.orig_rax as c_long;
        if self.seen == self.at {
            self.met = Some(number);
        }
        if self.met != Some(number) {
            return Ok(Return::Untouched);
        }
        match &mut self.fault {
            Fault::Before(action) => {
                if self.faults == 0 {
                    action();
                    self.faults = 1;
                }
                Ok(Return::Untouched)
            }
            Fault::Error(errno, times) => {
                if self.faults >= *times {
                    return Ok(Return::Untouched);
                }
                self.faults += 1;
                // These two let go of what they were given even when they fail.
                if ![libc::SYS_close, libc::SYS_munmap].contains(&number) {
                    let nothing = user_regs_struct {
                        orig_rax: u64::MAX,
                        ..registers
                    };
                    ptrace::setregs(self.pid, nothing)?;
                }
                Ok(Return::Result(-i64::from(*errno as i32)))
            }
            Fault::Short(times) => {
                let transfers = [
                    libc::SYS_read,
                    libc::SYS_write,
                    libc::SYS_sendto,
                    libc::SYS_recvfrom,
                ];
                if self.faults >= *times || !transfers.contains(&number) || registers.rdx < 2 {
                    return Ok(Return::Untouched);
                }
                self.faults += 1;
                ptrace::setregs(self.pid, user_regs_struct { rdx: 1, ..registers })?;
                Ok(Return::Length(registers.rdx))
            }
        }
    }

    fn leave(&self, on_return: Return) -> io::Result<()> {
        let mut registers = match on_return {
            Return::Untouched => return Ok(()),
            _ => ptrace::getregs(self.pid)?,
        };
        match on_return {
            Return::Untouched => {}
            Return::Result(result) => registers.rax = result as u64,
            // The kernel keeps this register for the program.
            Return::Length(length) => registers.rdx = length,
        }
        Ok(ptrace::setregs(self.pid, registers)?)
    }

    /// The calls are over: the host reports by itself.
    fn let_go(&self) -> io::Result<ExitStatus> {
        ptrace::detach(self.pid, None)?;
        loop {
            if let Some(status) = ended(waitpid(self.pid, Some(WaitPidFlag::empty()))?) {
                return Ok(status);
            }
        }
    }
}

/// The status as wait(2) writes it.
fn ended(status: WaitStatus) -> Option<ExitStatus> {
    match status {
        WaitStatus::Exited(_, code) => Some(ExitStatus::from_raw(code << 8)),
        WaitStatus::Signaled(_, signal, _) => Some(ExitStatus::from_raw(signal as i32)),
        _ => None,
    }
}
