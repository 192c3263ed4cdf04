//! IST0139: injection webhooks that overlap, or call a service that does not exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::{Analysis, full_name};
use crate::model::core::{LabelSelector, Webhook, WebhookConfiguration};
use crate::model::{Labels, Object, Str};
use crate::path;
use crate::rules::{Check, Run};

use crate::rules::common::lists::list;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "conflicting-injection-webhooks",
    codes: &[Code::IST0139],
    runs: &[Run::Mesh(conflicting_injection_webhooks)],
};

const REVISION: &str = "istio.io/rev";

/// A webhook, its configuration, and its place in it.
struct Hook<'m> {
    name: String,
    webhook: &'m Webhook,
    configuration: &'m Object<WebhookConfiguration>,
    index: usize,
}

fn conflicting_injection_webhooks(mesh: &Mesh, findings: &mut Findings) {
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
    // Every pair of label sets is gone through; nobody runs more revisions at a time than this.
    let revisions: BTreeSet<&Str> = revisions(configurations).into_iter().take(100).collect();
    let of_namespaces = label_sets("istio-injection", ["enabled", "disabled"], &revisions);
    let of_objects = label_sets("sidecar.istio.io/inject", ["true", "false"], &revisions);
    let by_namespace = matching(&hooks, &of_namespaces, |hook| {
        hook.webhook.namespace_selector.as_deref()
    });
    let by_object = matching(&hooks, &of_objects, |hook| {
        hook.webhook.object_selector.as_deref()
    });
    let mut together: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for namespaces in by_namespace.iter().filter(|hooks| hooks.len() > 1) {
        for objects in by_object.iter().filter(|hooks| hooks.len() > 1) {
            let names: BTreeSet<&str> = namespaces
                .intersection(objects)
                .filter_map(|number| hooks.get(*number))
                .map(|hook| hook.name.as_str())
                .collect();
            if names.len() > 1 {
                together.insert(names);
            }
        }
    }
    let by_name: BTreeMap<&str, &Hook<'_>> = hooks
        .iter()
        .map(|hook| (hook.name.as_str(), hook))
        .collect();
    for names in together {
        for name in &names {
            let others: Vec<&Hook<'_>> = names
                .iter()
                .filter(|other| *other != name)
                .filter_map(|other| by_name.get(other).copied())
                .collect();
            if let Some(hook) = by_name.get(name) {
                findings.push(overlap(hook, &others));
            }
        }
    }
}

/// The webhooks of all configurations. Those of one configuration and name are one to the reader,
/// although each has selectors of its own.
fn hooks<'m>(configurations: &[&'m Object<WebhookConfiguration>]) -> Vec<Hook<'m>> {
    configurations
        .iter()
        .flat_map(|configuration| {
            let webhooks = configuration.spec.webhooks.iter().enumerate();
            webhooks.map(|(index, webhook)| Hook {
                name: format!("{}/{}", configuration.name(), webhook.name),
                webhook,
                configuration,
                index,
            })
        })
        .collect()
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

fn overlap(hook: &Hook<'_>, others: &[&Hook<'_>]) -> Finding {
    let message = format!(
        "the webhook {} selects the same pods as {}: they may be injected twice",
        hook.webhook.name,
        list(others.iter().map(|other| &other.name))
    );
    let mut finding = Finding::new(Code::IST0139, hook.configuration.id, "", message)
        .points_at(path!["webhooks", hook.index])
        .help("remove the webhooks of revisions and tags that are no longer in use");
    for other in others.iter().take(5) {
        let path = path!["webhooks", other.index];
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
                    .points_at(path!["webhooks", index, "clientConfig", "service"])
                    .help("name the Service of istiod, or remove the configuration")
                    .given(analysis.mesh.evidence.knows_services_in(&service.namespace)),
            );
        }
    }
}
