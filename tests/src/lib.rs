//! Support for the whole-system tests: a PAM host over real libpam, a daemon that follows a script, the whole
//! system on a replayed camera, the built files.

pub mod bins;
pub mod callers;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub mod faults;
pub mod hostile;
pub mod pam_host;
pub mod scripted;
pub mod system;
pub mod usb_camera;
pub mod vm;
