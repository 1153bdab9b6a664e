//! facelogind: the daemon that answers whether the person in front of the camera is the user they claim to be.
//!
//! Two processes of one program: the supervisor ([`server`], policy, decision, [`store`]) never parses a pixel; the
//! vision process ([`vision`]) owns the camera and the models and never sees a template.

pub mod account;
pub mod audit;
pub mod built_in;
pub mod decision;
pub mod encode;
pub mod enrolment;
pub mod grace;
pub mod levels;
pub mod liveness;
pub mod lockout;
pub mod logind;
pub mod password;
pub mod place;
pub mod policy;
pub mod presence;
pub mod quality;
pub mod scan;
pub mod server;
pub mod store;
#[cfg(test)]
mod testing;
pub mod vision;
