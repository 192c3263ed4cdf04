//! IST0139: injection webhooks that overlap, or call a service that does not exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, full_name};
use crate::model::core::{LabelSelector, Webhook, WebhookConfiguration};
use crate::model::{Labels, Object, Str};
use crate::rules::{Check, Run};

use super::words::list;

pub(super) const CHECKS: &[Check] = &[Check {
    name: "injection-webhooks",
    codes: &[Code::IST0139],
    run: Run::Mesh(check),
}];

const REVISION: &str = "istio.io/rev";

/// A webhook, its configuration, and its place in it.
struct Hook<'m> {
    name: String,
    webhook: &'m Webhook,
    configuration: &'m Object<WebhookConfiguration>,
    index: usize,
}

fn check(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let configurations: Vec<&Object<WebhookConfiguration>> = analysis
        .mutating_webhooks()
        .filter(|configuration| is_injector(configuration))
        .collect();
    overlaps(&configurations, findings);
    services(&configurations, analysis, findings);
}

fn is_injector(configuration: &Object<WebhookConfiguration>) -> bool {
    let mut webhooks = configuration.spec.webhooks.iter();
    webhooks.any(|webhook| webhook.name.ends_with("istio.io"))
        || configuration.metadata.labels.contains_key(REVISION)
        || selectors(configuration).any(mentions_revision)
}

fn selectors(configuration: &Object<WebhookConfiguration>) -> impl Iterator<Item = &LabelSelector> {
    configuration.spec.webhooks.iter().flat_map(|webhook| {
        [&webhook.namespace_selector, &webhook.object_selector]
            .into_iter()
            .filter_map(|selector| selector.as_deref())
    })
}

fn mentions_revision(selector: &LabelSelector) -> bool {
    selector.match_labels.contains_key(REVISION)
        || selector.match_expressions.iter().any(|e| e.key == REVISION)
}

/// Every revision that a configuration mentions.
fn revisions<'m>(configurations: &[&'m Object<WebhookConfiguration>]) -> BTreeSet<&'m Str> {
    let mut revisions = BTreeSet::new();
    for configuration in configurations {
        revisions.extend(configuration.metadata.labels.get(REVISION));
        for selector in selectors(configuration) {
            revisions.extend(selector.match_labels.get(REVISION));
            let mentioning = selector
                .match_expressions
                .iter()
                .filter(|e| e.key == REVISION);
            revisions.extend(mentioning.flat_map(|expression| &expression.values));
        }
    }
    revisions
}

/// Sets of labels that are held against selectors: none, `key` with each of two values, and each
/// of these with every revision.
fn label_sets(key: &str, values: [&str; 2], revisions: &BTreeSet<&Str>) -> Vec<Labels> {
    let bases = [None, Some(values[0]), Some(values[1])];
    let mut sets = Vec::new();
    for revision in std::iter::once(None).chain(revisions.iter().map(Some)) {
        for base in bases {
            let base = base.map(|value| (Str::from(key), Str::from(value)));
            let revision = revision.map(|revision| (Str::from(REVISION), (*revision).clone()));
            sets.push(base.into_iter().chain(revision).collect());
        }
    }
    sets
}

fn overlaps(configurations: &[&Object<WebhookConfiguration>], findings: &mut Findings) {
    let hooks = hooks(configurations);
    let revisions = revisions(configurations);
    let of_namespaces = label_sets("istio-injection", ["enabled", "disabled"], &revisions);
    let of_objects = label_sets("sidecar.istio.io/inject", ["true", "false"], &revisions);
    let by_namespace = matching(&hooks, &of_namespaces, |hook| {
        hook.webhook.namespace_selector.as_deref()
    });
    let by_object = matching(&hooks, &of_objects, |hook| {
        hook.webhook.object_selector.as_deref()
    });
    let mut together: BTreeSet<Vec<usize>> = BTreeSet::new();
    for namespaces in by_namespace.iter().filter(|hooks| hooks.len() > 1) {
        for objects in by_object.iter().filter(|hooks| hooks.len() > 1) {
            let both: Vec<usize> = namespaces.intersection(objects).copied().collect();
            if both.len() > 1 {
                together.insert(both);
            }
        }
    }
    for group in together {
        for number in &group {
            let Some(hook) = hooks.get(*number) else {
                continue;
            };
            let others: BTreeMap<&str, &Hook<'_>> = group
                .iter()
                .filter_map(|other| hooks.get(*other))
                .filter(|other| other.name != hook.name)
                .map(|other| (other.name.as_str(), other))
                .collect();
            if !others.is_empty() {
                findings.push(overlap(hook, &others));
            }
        }
    }
}

/// The webhooks of all configurations; of those with one name in a configuration the last.
fn hooks<'m>(configurations: &[&'m Object<WebhookConfiguration>]) -> Vec<Hook<'m>> {
    let mut hooks: BTreeMap<String, Hook<'m>> = BTreeMap::new();
    for configuration in configurations {
        for (index, webhook) in configuration.spec.webhooks.iter().enumerate() {
            let name = format!("{}/{}", configuration.name(), webhook.name);
            let hook = Hook {
                name: name.clone(),
                webhook,
                configuration,
                index,
            };
            hooks.insert(name, hook);
        }
    }
    hooks.into_values().collect()
}

/// For each set of labels the webhooks whose selector matches it.
fn matching<'m>(
    hooks: &[Hook<'m>],
    sets: &[Labels],
    selector: impl Fn(&Hook<'m>) -> Option<&'m LabelSelector>,
) -> BTreeSet<BTreeSet<usize>> {
    sets.iter()
        .map(|labels| {
            let selected = hooks
                .iter()
                .enumerate()
                .filter(|(_, hook)| selector(hook).is_none_or(|selector| selector.matches(labels)));
            selected.map(|(number, _)| number).collect()
        })
        .collect()
}

fn overlap(hook: &Hook<'_>, others: &BTreeMap<&str, &Hook<'_>>) -> Finding {
    let message = format!(
        "the webhook {} selects the same pods as {}: they may be injected twice",
        hook.webhook.name,
        list(others.keys())
    );
    let mut finding = Finding::new(Code::IST0139, hook.configuration.id, "", message)
        .points_at(format!("webhooks[{}]", hook.index))
        .help("remove the webhooks of revisions and tags that are no longer in use");
    for other in others.values().take(5) {
        let path = format!("webhooks[{}]", other.index);
        finding = finding.related(other.configuration.id, path, "selects them too");
    }
    finding
}

fn services(
    configurations: &[&Object<WebhookConfiguration>],
    analysis: Analysis<'_>,
    findings: &mut Findings,
) {
    for configuration in configurations {
        for (index, webhook) in configuration.spec.webhooks.iter().enumerate() {
            let Some(service) = &webhook.client_config.service else {
                continue;
            };
            if analysis
                .service(&service.namespace, &service.name)
                .is_some()
            {
                continue;
            }
            let name = full_name(&service.namespace, &service.name);
            let message = format!("the webhook calls the Service {name}, which does not exist");
            findings.push(
                Finding::new(Code::IST0139, configuration.id, "", message)
                    .points_at(format!("webhooks[{index}]/clientConfig/service"))
                    .help("name the Service of istiod, or remove the configuration")
                    .given(analysis.mesh.knows_services_in(&service.namespace)),
            );
        }
    }
}
