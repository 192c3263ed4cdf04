//! GitOps objects followed inside the repository: what Flux and Argo CD make of the folders, charts
//! and parameters that they name, and of the GitOps objects among that.
//!
//! [`Gitops::follow`] takes roots and gives all objects that come of them, each with what applies
//! it, the cluster it goes to and the namespace it falls into. What comes from elsewhere is
//! [`Unknown`]. *Opens no connection*; nothing is applied twice in one cluster.

mod chart;
mod follow;
mod manifests;
mod object;
mod output;
mod release;
mod repository;
mod scope;

pub(super) use chart::chart;
pub(super) use follow::{Following, Next, place_of, shown};
pub use follow::{Gitops, Root, hole_name, is_gitops};
pub use manifests::{Manifest, Manifests};
pub use object::{Identity, Object, objects_of};
pub use output::{Applied, Cluster, Fault, FaultKind, Output, Step, Unknown, from_problem};
pub use release::{Engines, Layer, Release, Released};
pub use repository::{Addresses, normal};
pub use scope::is_cluster_scoped;

/// Decodes base64 with padding, line ends passed over; `None` for what is none, or no text.
pub(super) fn decode_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => continue,
            _ => return None,
        };
        buffer = (buffer << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).unwrap_or_default());
            buffer &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}
