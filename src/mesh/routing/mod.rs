//! What a request meets on its way: VirtualServices and DestinationRules by host, the gateways that
//! take them, subsets and the endpoints behind them.
//!
//! Answers: which rules are for a host, which of them decide about its subsets for a client, which
//! gateway does a name mean. Nothing about identities and TLS: that is security.

pub mod by_host;
pub mod gateway_api;
pub mod gateway_names;
pub mod routed;
pub mod subsets;
