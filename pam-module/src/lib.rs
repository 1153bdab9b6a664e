//! pam-module
