//! `pam status`, `pam enable` and `pam disable` on copies of distributions' stacks: nothing here touches this machine's.

mod debian;
mod elsewhere;
mod files;
mod system;
