//! IST0156, IST0172, IST0176: definitions of the Gateway API that are too old for Istio.

use std::fmt;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::istio_version::IstioVersion;
use crate::model::Object;
use crate::model::core::CustomResourceDefinition;
use crate::path;
use crate::rules::common::is_without_istio;
use crate::rules::common::lists::list;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-api-versions",
    codes: &[Code::IST0156, Code::IST0172, Code::IST0176],
    runs: &[
        Run::CustomResourceDefinition(bundle),
        Run::CustomResourceDefinition(served),
    ],
};

const BUNDLE: &str = "gateway.networking.k8s.io/bundle-version";

/// The version of Istio whose needs are known.
const SINCE: IstioVersion = IstioVersion::NEWEST;

/// Definitions with the least version of the bundle that Istio 1.31 works with.
const LEAST: [(&str, [u64; 3]); 4] = [
    ("grpcroutes.gateway.networking.k8s.io", [1, 1, 0]),
    ("backendtlspolicies.gateway.networking.k8s.io", [1, 4, 0]),
    ("tlsroutes.gateway.networking.k8s.io", [1, 5, 0]),
    ("tcproutes.gateway.networking.k8s.io", [1, 6, 0]),
];

fn bundle(definition: &Object<CustomResourceDefinition>, mesh: &Mesh, findings: &mut Findings) {
    if mesh.settings.istio_version < SINCE || is_without_istio(mesh) {
        return;
    }
    let name = definition.name();
    let least = LEAST.iter().find(|(own, _)| *own == name);
    let version = definition
        .metadata
        .annotations
        .get(BUNDLE)
        .and_then(|text| Version::parse(text));
    let (Some((_, least)), Some(version)) = (least, version) else {
        return;
    };
    if version.numbers >= *least || mesh.analysis_of(definition.id).is_none() {
        return;
    }
    let [major, minor, patch] = least;
    let message = format!(
        "the definition {name} is of version {version} of the Gateway API, but Istio needs \
         {major}.{minor}.{patch}: objects of this kind are not processed"
    );
    findings.push(
        Finding::new(Code::IST0176, definition.id, "", message)
            .points_at(path!["metadata", "annotations", BUNDLE])
            .help("install the definitions of a later version of the Gateway API"),
    );
}

/// A semantic version, read leniently: `v` before it, missing parts are 0.
#[derive(Debug, PartialEq, Eq)]
struct Version<'a> {
    numbers: [u64; 3],
    /// Pre-release and build, with their signs.
    rest: &'a str,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (core, rest) = text.split_at(end);
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for (index, number) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) if part.bytes().all(|b| b.is_ascii_digit()) => {
                    *number = part.parse().ok()?;
                }
                None if index > 0 => {}
                _ => return None,
            }
        }
        let is_text = |text: &str| {
            text.split('.').all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
        };
        let (release, build) = match rest.split_once('+') {
            Some((release, build)) => (release, Some(build)),
            None => (rest, None),
        };
        let is_valid = release
            .strip_prefix('-')
            .map_or(release.is_empty(), is_text)
            && build.is_none_or(is_text);
        (parts.next().is_none() && is_valid).then_some(Self { numbers, rest })
    }
}

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}{}", self.rest)
    }
}

/// What `istioctl x precheck` asks of a cluster; not part of `istioctl analyze`.
fn served(definition: &Object<CustomResourceDefinition>, mesh: &Mesh, findings: &mut Findings) {
    let spec = &definition.spec.spec;
    if mesh.quirks.precheck_is_another_command || spec.group != "gateway.networking.k8s.io" {
        return;
    }
    let mut served: Vec<&str> = spec
        .versions
        .iter()
        .filter(|version| version.served)
        .map(|version| version.name.as_str())
        .collect();
    served.sort_unstable();
    let kind = spec.names.kind.as_str();
    let checks = [
        (
            Code::IST0156,
            "v1beta1",
            ["Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"],
            "Istio does not work with it",
        ),
        (
            Code::IST0172,
            "v1",
            ["Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute"],
            "a later version of Istio will not work with it",
        ),
    ];
    for (code, version, kinds, consequence) in checks {
        if !kinds.contains(&kind) || served.contains(&version) {
            continue;
        }
        let shown = if served.is_empty() {
            "nothing".to_owned()
        } else {
            list(&served)
        };
        let message =
            format!("the definition of {kind} serves {shown} and not {version}: {consequence}");
        findings.push(
            Finding::new(code, definition.id, "", message)
                .points_at("spec/versions")
                .help("install the definitions of a later version of the Gateway API"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_read_leniently() {
        for (text, shown) in [
            ("v1.5.0", Some("1.5.0")),
            ("1.5", Some("1.5.0")),
            ("v1", Some("1.0.0")),
            ("v1.5.0-rc.1+build", Some("1.5.0-rc.1+build")),
            ("", None),
            ("v1.5.0.1", None),
            ("main", None),
            ("1.x", None),
            ("1.5.0-", None),
        ] {
            let version = Version::parse(text).map(|version| version.to_string());
            assert_eq!(version.as_deref(), shown, "{text}");
        }
    }
}
