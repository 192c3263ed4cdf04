//! `ReferenceGrant`, `BackendTLSPolicy`, and the inference extension's `InferencePool`.

use serde::Deserialize;

use super::reference::{LocalRef, NamespacedRef};
use crate::model::types::{Labels, Str};

/// `spec` of a ReferenceGrant: who may refer to what in its namespace.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReferenceGrant {
    /// Who.
    pub from: Vec<ReferenceGrantFrom>,
    /// To what.
    pub to: Vec<ReferenceGrantTo>,
}

/// `spec.from[]` of a ReferenceGrant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReferenceGrantFrom {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Namespace.
    pub namespace: Str,
}

/// `spec.to[]` of a ReferenceGrant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReferenceGrantTo {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Name; empty means every one.
    pub name: Str,
}

/// `spec` of a BackendTLSPolicy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendTlsPolicy {
    /// Services of the namespace that speak TLS.
    pub target_refs: Vec<BackendTlsPolicyTarget>,
    /// How their certificates are validated.
    pub validation: BackendTlsValidation,
    /// Settings of the implementation's own.
    pub options: Labels,
    /// The only target, in `v1alpha2`.
    pub target_ref: Option<Box<NamespacedTarget>>,
    /// The place of `validation` in `v1alpha2`.
    pub tls: Option<Box<LegacyBackendTls>>,
}

/// `spec.targetRefs[]` of a BackendTLSPolicy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendTlsPolicyTarget {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind, `Service`.
    pub kind: Str,
    /// Name.
    pub name: Str,
    /// Name of the port; empty means all.
    pub section_name: Str,
}

/// `spec.targetRef` of a BackendTLSPolicy of `v1alpha2`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NamespacedTarget {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind, `Service`.
    pub kind: Str,
    /// Name.
    pub name: Str,
    /// Namespace; empty means the policy's.
    pub namespace: Str,
    /// Name of the port; empty means all.
    pub section_name: Str,
}

/// `spec.validation` of a BackendTLSPolicy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BackendTlsValidation {
    /// The authorities.
    pub ca_certificate_refs: Vec<LocalRef>,
    /// `System` for the authorities of the system.
    #[serde(rename = "wellKnownCACertificates")]
    pub well_known_ca_certificates: Str,
    /// The server name to ask for, and to find in the certificate.
    pub hostname: Str,
    /// Names to find in the certificate instead.
    pub subject_alt_names: Vec<SubjectAltName>,
}

crate::api_enum! {
    /// What a name in a certificate is.
    SubjectAltNameType {
        /// A DNS name.
        Hostname = "Hostname",
        /// A URI, such as a SPIFFE identity.
        Uri = "URI",
    }
}

/// A name in a certificate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SubjectAltName {
    /// What it is.
    #[serde(rename = "type")]
    pub name_type: SubjectAltNameType,
    /// The DNS name.
    pub hostname: Str,
    /// The URI.
    pub uri: Str,
}

/// `spec.tls` of a BackendTLSPolicy of `v1alpha2`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LegacyBackendTls {
    /// The authorities.
    pub ca_cert_refs: Vec<NamespacedRef>,
    /// `System` for the authorities of the system.
    #[serde(rename = "wellKnownCACerts")]
    pub well_known_ca_certs: Str,
    /// The server name.
    pub hostname: Str,
}

/// `spec` of an InferencePool, as far as rules read it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InferencePool {
    /// The Pods that serve models.
    pub selector: PoolSelector,
    /// Their ports.
    pub target_ports: Vec<PoolPort>,
    /// Who picks the Pod for a request.
    pub endpoint_picker_ref: Option<Box<EndpointPickerRef>>,
}

/// `spec.selector` of an InferencePool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PoolSelector {
    /// Labels of the Pods.
    pub match_labels: Labels,
}

/// A port of an InferencePool.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PoolPort {
    /// Number.
    pub number: u32,
}

/// `spec.endpointPickerRef` of an InferencePool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointPickerRef {
    /// Group, empty for the core group.
    pub group: Str,
    /// Kind; empty means `Service`.
    pub kind: Str,
    /// Name.
    pub name: Str,
    /// Port of the Service.
    pub port: Option<PoolPort>,
    /// `FailOpen` or `FailClose`.
    pub failure_mode: Str,
}
