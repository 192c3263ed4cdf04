//! What a host name stands for: the service registry that istiod would build from Services and
//! ServiceEntries.
//!
//! Answers: which full name is meant by the host that an object names, and which Service or
//! ServiceEntries stand behind it. No routing here, and not who sees it.

pub mod hosts;
pub mod service_entries;
pub mod services;
