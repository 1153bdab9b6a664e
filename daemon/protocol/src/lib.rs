//! daemon/protocol
