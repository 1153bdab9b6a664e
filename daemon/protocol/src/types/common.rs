//! What several methods take or give.

message! {
    /// An answer that says nothing but that it was done.
    Done {}
}

message! {
    /// Names one user.
    UserIn {
        /// The account's name.
        user: String,
    }
}

message! {
    /// Names one user, or leaves it to the daemon.
    OptionalUserIn {
        /// The account's name.
        #[serde(default)]
        user: Option<String>,
    }
}
