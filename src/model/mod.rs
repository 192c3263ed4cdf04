//! Typed Kubernetes, Istio and Gateway API objects: one file per API group, the enum over the
//! kinds, and the store that holds the objects of a run. Knows neither rules nor spans.

pub mod attachment;
pub mod core;
pub(crate) mod decode;
pub mod envoy_gateway;
pub mod extensions;
pub mod gateway_api;
pub mod headers;
pub mod kinds;
pub mod legacy;
pub mod mesh_config;
pub mod networking;
pub mod object;
pub mod operators;
pub mod schema;
pub mod security;
pub mod telemetry;
pub mod types;

pub use crate::duration::Duration;
pub use headers::{Headers, Manifest};
pub use kinds::{AnyBody, Kind, Objects};
pub use object::{Body, Header, Metadata, Object, ObjectId, Place, Position, Suppress};
pub use types::{ApiEnum, IntOrString, Labels, Map, OpenEnum, Str};
