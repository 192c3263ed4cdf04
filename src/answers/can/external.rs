//! Policies with action CUSTOM, which ask an external authorizer.
//!
//! Source: Istio's `pilot/pkg/security/authz/builder/extauthz.go`.

use super::Verdict;
use super::stages::{Outcome, Run, Stage};
use super::told::told;
use crate::mesh::security::authorization::Reader;
use crate::model::ObjectId;
use crate::model::mesh_config::ExtensionProvider;
use crate::model::security::Action;

impl<'c> Run<'c> {
    pub(super) fn custom(&mut self) {
        let mut policies = self.read(Action::Custom, self.call.reader);
        let provider_of = |object: ObjectId| {
            let policy = self.policies.iter().find(|own| own.id == object)?;
            policy.spec.provider.as_ref().map(|own| own.name.as_str())
        };
        let mut names: Vec<&str> = policies
            .iter()
            .filter_map(|own| provider_of(own.object))
            .collect();
        names.sort_unstable();
        names.dedup();
        let is_several = names.len() > 1;
        let mut denies: Option<(ObjectId, Option<usize>, String)> = None;
        let mut asks: Vec<String> = Vec::new();
        for policy in &mut policies {
            if !policy.matches {
                continue;
            }
            let name = provider_of(policy.object).unwrap_or_default();
            let provider = self.provider(name);
            let problem = if is_several {
                Some(format!(
                    "{} names one of several providers, which deny all",
                    policy.name
                ))
            } else {
                match provider {
                    None => Some(format!(
                        "the provider {name} of {} is missing or invalid",
                        policy.name
                    )),
                    Some(_) => None,
                }
            };
            let is_http = provider.is_some_and(|own| own.envoy_ext_authz_http.is_some());
            if problem.is_none() && is_http && self.call.reader == Reader::Tcp {
                policy.matches = false;
                policy.because = "its HTTP provider is not asked about connections".to_owned();
                continue;
            }
            match problem {
                Some(problem) if denies.is_none() => {
                    denies = Some((policy.object, policy.rule, problem));
                }
                Some(_) => {}
                None => asks.push(format!("the external authorizer {name} of {}", policy.name)),
            }
        }
        if self.decided.is_some() {
            return self.step(Stage::Custom, Outcome::Skipped, &told(&policies), policies);
        }
        self.depend(&policies);
        if let Some((by, rule, why)) = denies {
            self.step(Stage::Custom, Outcome::Deny, &why, policies);
            return self.decide(Verdict::Deny, Some(by), rule, why);
        }
        let outcome = if asks.is_empty() {
            Outcome::Pass
        } else {
            Outcome::Ask
        };
        self.conditions.extend(asks);
        self.step(Stage::Custom, outcome, &told(&policies), policies);
    }

    /// The external authorizer of this name, if it is whole and its service is in the input.
    fn provider(&self, name: &str) -> Option<&'c ExtensionProvider> {
        let mut providers = self.config.extension_providers.iter().rev();
        let provider = providers.find(|own| own.name == name && !name.is_empty())?;
        let (service, port) = match (
            &provider.envoy_ext_authz_http,
            &provider.envoy_ext_authz_grpc,
        ) {
            (Some(http), _) => (&http.service, http.port),
            (None, Some(grpc)) => (&grpc.service, grpc.port),
            (None, None) => return None,
        };
        let prefix = provider
            .envoy_ext_authz_http
            .as_ref()
            .map(|own| &own.path_prefix);
        let is_path = prefix.is_none_or(|prefix| prefix.is_empty() || prefix.starts_with('/'));
        (is_path && self.has_port(service, i64::from(port))).then_some(provider)
    }

    fn has_port(&self, service: &str, port: i64) -> bool {
        let (place, host) = match service.split_once('/') {
            Some((place, host)) => (Some(place), host),
            None => (None, service),
        };
        let root = self.mesh.places.name(
            self.mesh
                .places
                .control_plane_or_first(self.call.target.namespace)
                .root_namespace,
        );
        let host = self.mesh.registry.parse(host, place.unwrap_or(root));
        if let Some(service) = self.mesh.registry.service(&host) {
            return service.spec.spec.ports.iter().any(|own| own.port == port);
        }
        let mut entries = self.mesh.registry.service_entries_covering(&host);
        entries.any(|entry| {
            entry
                .spec
                .ports
                .iter()
                .any(|own| i64::from(own.number) == port)
        })
    }
}
