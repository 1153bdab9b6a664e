//! Asking at the terminal, without showing what is typed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{
    InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::words::clean;

/// The longest line that a terminal hands over at once, termios(3); libpam's own limit is 512.
const MAX_LINE: usize = 4096;

/// Ctrl-C and Ctrl-\.
const INTERRUPT: u8 = 0x03;
const QUIT: u8 = 0x1c;

/// The terminal that controls this process.
pub struct Terminal(File);

/// What ends or stops a process, and would leave the terminal mute.
const FATAL: [Signal; 7] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGALRM,
    Signal::SIGUSR1,
    Signal::SIGTSTP,
];

/// The terminal's own ways, put back when dropped; signals wait until then.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
    signals: SignalFd,
    let_through: SigSet,
}

impl Terminal {
    /// `None` where there is none.
    pub fn open() -> Option<Self> {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()
            .map(Self)
    }

    /// One line, without its end; `None` when the user broke off, or the terminal went away.
    pub fn ask(&mut self, question: &str, shown: bool) -> Option<Zeroizing<Vec<u8>>> {
        // First of all: an answer that is quicker than we are must not be shown either.
        let quiet = Quiet::new(&self.0, shown)?;
        write!(&self.0, "{}", clean(question)).ok()?;
        let line = quiet.wait().and_then(|()| read_line(&self.0));
        drop(quiet);
        if !shown {
            // The user's own was not shown either.
            writeln!(self.0).ok()?;
        }
        line
    }
}

impl<'a> Quiet<'a> {
    /// Ctrl-C ends the line in place of the process, which would leave the terminal mute.
    fn new(terminal: &'a File, shown: bool) -> Option<Self> {
        let before = tcgetattr(terminal).ok()?;
        let mut quiet = before.clone();
        quiet.local_flags |= LocalFlags::ICANON;
        quiet.local_flags &= !LocalFlags::ISIG;
        quiet.local_flags.set(LocalFlags::ECHO, shown);
        quiet.local_flags &= !LocalFlags::ECHONL;
        quiet.input_flags |= InputFlags::ICRNL;
        quiet.control_chars[SpecialCharacterIndices::VEOL as usize] = INTERRUPT;
        quiet.control_chars[SpecialCharacterIndices::VEOL2 as usize] = QUIT;
        let mut fatal = SigSet::empty();
        FATAL.into_iter().for_each(|signal| fatal.add(signal));
        let signals = SignalFd::with_flags(&fatal, SfdFlags::SFD_CLOEXEC).ok()?;
        let let_through = SigSet::thread_get_mask().ok()?;
        fatal.thread_block().ok()?;
        let quiet_now = Self {
            terminal,
            before,
            signals,
            let_through,
        };
        // What was typed before the question is no answer to it.
        tcsetattr(terminal, SetArg::TCSAFLUSH, &quiet).ok()?;
        Some(quiet_now)
    }

    /// Until something was typed; `None` when a signal came first. It is delivered once the terminal is as it was.
    fn wait(&self) -> Option<()> {
        let mut both = [
            PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut both, PollTimeout::NONE).ok()?;
        (both[1].revents() == Some(PollFlags::empty())).then_some(())
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that went away has no ways.
        let _ = tcsetattr(self.terminal, SetArg::TCSADRAIN, &self.before);
        let _ = self.let_through.thread_set_mask();
    }
}

fn read_line(mut from: impl Read) -> Option<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(vec![0; MAX_LINE]);
    // In this mode a read is a line.
    let got = from.read(&mut line).ok()?;
    line.truncate(got);
    match line.pop() {
        Some(b'\n') if !line.contains(&0) => Some(line),
        // Ctrl-C, Ctrl-D, an end of the terminal, a line that is too long.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_line_is_an_answer() {
        for (typed, expected) in [
            (&b"secret\n"[..], Some(&b"secret"[..])),
            (b"\n", Some(b"")),
            (b"", None),
            (b"secret", None),
            (b"secret\x03", None),
            (b"\x1c", None),
            (b"a\0b\n", None),
            (&[b'x'; MAX_LINE + 1], None),
        ] {
            let line = read_line(typed);
            assert_eq!(line.as_ref().map(|line| line.as_slice()), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_signal_ends_the_question_and_waits_until_the_terminal_is_as_it_was() {
        let pty = nix::pty::openpty(None, None).unwrap();
        let terminal = File::from(pty.slave);
        let is_loud = || {
            let flags = tcgetattr(&terminal).unwrap().local_flags;
            flags.contains(LocalFlags::ECHO | LocalFlags::ISIG)
        };
        // Blocked before, so that it stays with this thread and ends nobody.
        let mut own = SigSet::empty();
        own.add(Signal::SIGUSR1);
        own.thread_block().unwrap();
        let quiet = Quiet::new(&terminal, false).unwrap();
        File::from(pty.master.try_clone().unwrap())
            .write_all(b"x\n")
            .unwrap();
        assert!(quiet.wait().is_some() && !is_loud());
        nix::sys::signal::raise(Signal::SIGUSR1).unwrap();
        assert!(quiet.wait().is_none() && !is_loud());
        drop(quiet);
        assert!(is_loud());
        assert!(!SigSet::thread_get_mask().unwrap().contains(Signal::SIGTERM));
    }
}
