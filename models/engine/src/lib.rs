//! models/engine
