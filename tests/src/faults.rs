//! System calls of the PAM module that fail on command. A host is traced with ptrace(2) through its PAM calls, and the
//! chosen one of their system calls is kept from the kernel and answered with an error, cut short, or preceded by
//! something that happens elsewhere, like the daemon's death. x86-64 only: the registers are.

mod sweep;
mod tracer;

pub use sweep::{Run, sweep};
pub use tracer::{Fault, Traced, trace};
