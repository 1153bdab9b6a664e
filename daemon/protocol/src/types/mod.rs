//! The parameters of every method and error, as `org.facelogin.Login.varlink` describes them.

macro_rules! message {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),* }
    };
}

mod attempts;
mod cameras;
mod common;
mod errors;
mod login;
mod look;
mod status;
mod templates;
mod verdict;

pub use attempts::*;
pub use cameras::*;
pub use common::*;
pub use errors::*;
pub use login::*;
pub use look::*;
pub use status::*;
pub use templates::*;
pub use verdict::*;
