//! `authentication.istio.io/v1alpha1` (Policy, MeshPolicy) and `authentication.maistra.io/v1`
//! (ServiceMeshPolicy): the authentication API up to Istio 1.5 and OpenShift Service Mesh 1.x.

use serde::Deserialize;
use serde_json::Value;

use super::security::MtlsMode;
use super::types::{Labels, Map, Str};

/// `spec` of a Policy, MeshPolicy or ServiceMeshPolicy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Policy {
    /// The Services it holds for; none means the namespace or the mesh.
    pub targets: Vec<Target>,
    /// How peers authenticate. `None` when the key is absent or null.
    pub peers: Option<Vec<Peer>>,
    /// Whether a request without peer authentication is accepted (ignored by Istio).
    pub peer_is_optional: bool,
    /// How end users authenticate.
    pub origins: Vec<Origin>,
    /// Whether a request without end user authentication is accepted (deprecated).
    pub origin_is_optional: bool,
    /// Which identity becomes the request's principal.
    pub principal_binding: PrincipalBinding,
}

impl Policy {
    /// The mode of mutual TLS that the peers demand, and the index of the entry that decides.
    pub fn mtls(&self) -> PeerMtls {
        let decisive = self
            .peers
            .iter()
            .flatten()
            .enumerate()
            .find_map(|(index, peer)| Some((index, peer.mtls()?)));
        match decisive {
            None => PeerMtls::NotDemanded,
            Some((index, MtlsParams::Mode(mode))) => PeerMtls::Mode { index, mode },
            Some((index, MtlsParams::Unusable)) => PeerMtls::Unusable { index },
        }
    }
}

/// What the peers of a [`Policy`] say about mutual TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerMtls {
    /// No entry has the key `mtls`: plain text.
    NotDemanded,
    /// The entry at `index` asks for `mode`, STRICT or PERMISSIVE.
    Mode {
        /// Index in `peers`.
        index: usize,
        /// STRICT or PERMISSIVE.
        mode: MtlsMode,
    },
    /// The entry at `index` has a mode that is no known word: the policy has no effect.
    Unusable {
        /// Index in `peers`.
        index: usize,
    },
}

/// `peers[]`, kept as a mapping: a `mtls` that is null counts as given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Peer(pub Map<Value>);

/// `peers[].mtls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MtlsParams {
    Mode(MtlsMode),
    Unusable,
}

impl Peer {
    /// Whether the entry has the key `mtls`, whatever its value.
    pub fn has_mtls(&self) -> bool {
        self.0.contains_key("mtls")
    }

    /// Whether the entry has the key `jwt` (deprecated from the start).
    pub fn has_jwt(&self) -> bool {
        self.0.contains_key("jwt")
    }

    fn mtls(&self) -> Option<MtlsParams> {
        let mode = match self.0.get("mtls")? {
            Value::Object(params) => params.get("mode"),
            // A value that is no mapping is broken in the same way as a mode that is no word.
            Value::Null => None,
            _ => return Some(MtlsParams::Unusable),
        };
        Some(match mode {
            None | Some(Value::Null) => MtlsParams::Mode(MtlsMode::Strict),
            Some(Value::String(word)) if word == "STRICT" => MtlsParams::Mode(MtlsMode::Strict),
            Some(Value::String(word)) if word == "PERMISSIVE" => {
                MtlsParams::Mode(MtlsMode::Permissive)
            }
            Some(_) => MtlsParams::Unusable,
        })
    }
}

/// `targets[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Target {
    /// Name of a Service in the policy's namespace.
    pub name: Str,
    /// Labels of the Service's workloads (deprecated, ignored by Istio).
    pub labels: Labels,
    /// An older name of `labels`.
    pub subset: Labels,
    /// The Service's ports; none means all.
    pub ports: Vec<TargetPort>,
}

/// `targets[].ports[]`: a number or a name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TargetPort {
    /// The port's number.
    pub number: Option<u32>,
    /// The port's name.
    pub name: Option<Str>,
}

/// `origins[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Origin {
    /// The token of the end user.
    pub jwt: Option<Box<Jwt>>,
}

/// `origins[].jwt`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Jwt {
    /// The issuer of the token.
    pub issuer: Str,
    /// Audiences, one of which the token must have.
    pub audiences: Vec<Str>,
    /// Where the issuer's keys are fetched from.
    pub jwks_uri: Str,
    /// The issuer's keys, inline.
    pub jwks: Str,
    /// Headers that hold the token.
    pub jwt_headers: Vec<Str>,
    /// Query parameters that hold the token.
    pub jwt_params: Vec<Str>,
    /// Requests that need the token.
    pub trigger_rules: Vec<TriggerRule>,
}

/// `origins[].jwt.triggerRules[]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TriggerRule {
    /// Paths that need no token.
    pub excluded_paths: Vec<PathMatch>,
    /// Paths that need one; none means all.
    pub included_paths: Vec<PathMatch>,
}

/// A path in a trigger rule: one of the four is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PathMatch {
    /// The whole path.
    pub exact: Option<Str>,
    /// Its beginning.
    pub prefix: Option<Str>,
    /// Its end.
    pub suffix: Option<Str>,
    /// A regular expression for the whole path.
    pub regex: Option<Str>,
}

crate::api_enum! {
    /// `principalBinding`.
    PrincipalBinding {
        UsePeer = "USE_PEER",
        UseOrigin = "USE_ORIGIN",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn mtls_of_peers() {
        let strict = PeerMtls::Mode {
            index: 0,
            mode: MtlsMode::Strict,
        };
        for (json, expected) in [
            ("{}", PeerMtls::NotDemanded),
            (r#"{"peers": []}"#, PeerMtls::NotDemanded),
            (r#"{"peers": [{"jwt": {}}]}"#, PeerMtls::NotDemanded),
            (r#"{"peers": [{"mtls": null}]}"#, strict),
            (r#"{"peers": [{"mtls": {}}]}"#, strict),
            (r#"{"peers": [{"mtls": {"mode": "STRICT"}}]}"#, strict),
            (
                r#"{"peers": [{"jwt": {}}, {"mtls": {"mode": "PERMISSIVE"}}]}"#,
                PeerMtls::Mode {
                    index: 1,
                    mode: MtlsMode::Permissive,
                },
            ),
            (
                r#"{"peers": [{"mtls": {"mode": 1}}, {"mtls": {}}]}"#,
                PeerMtls::Unusable { index: 0 },
            ),
        ] {
            let policy: Policy = serde_json::from_str(json).unwrap();
            assert_eq!(policy.mtls(), expected, "{json}");
        }
    }
}
