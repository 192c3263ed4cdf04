//! IST0106, IST0133: what the admission webhook says of an AuthorizationPolicy.

use crate::diagnostics::Findings;
use crate::mesh::{Mesh, Quirks};
use crate::model::security::{Action, AuthorizationPolicy, Condition, Operation, Rule, Source};
use crate::model::{Metadata, Object, Str};

use super::common::{self, DRY_RUN};
use super::issues::{Issue, Issues};
use super::tcp_denial::{self, Reach};
use super::{conditions, value_lists as lists};
use crate::yaml::Trail;

/// Validates an AuthorizationPolicy.
pub(super) fn check(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, findings: &mut Findings) {
    super::validate_with(policy, mesh, findings, |issues| {
        annotations(&policy.metadata, policy.spec.action, issues);
        if issues.is_empty() {
            spec(&policy.spec, mesh.quirks, issues);
            if !mesh.quirks.run_time_plays_no_part {
                judge_tcp_denial(policy, mesh, issues);
            }
            let prefix = format!("invalid policy {}.{}: ", policy.name(), policy.namespace());
            issues.prefix_errors(0, &prefix);
        }
    });
}

/// Fits the warning of a DENY by HTTP attributes to the ports that the policy reaches.
fn judge_tcp_denial(policy: &Object<AuthorizationPolicy>, mesh: &Mesh, issues: &mut Issues) {
    let is_meant = |issue: &Issue| issue.message == TCP_DENIED;
    if !issues.iter().any(is_meant) {
        return;
    }
    match tcp_denial::reach(policy, mesh) {
        Reach::None | Reach::SaidElsewhere => issues.retain(|issue| !is_meant(issue)),
        Reach::Unknown => {
            for issue in issues.iter_mut().filter(|issue| is_meant(issue)) {
                issue.standing();
            }
        }
        Reach::Port(port) => {
            for issue in issues.iter_mut().filter(|issue| is_meant(issue)) {
                issue.message.push_str("; all traffic to ");
                issue.message.push_str(&port);
                issue.message.push_str(" is denied");
            }
        }
    }
}

fn annotations(metadata: &Metadata, action: Action, issues: &mut Issues) {
    let object = format_args!("{}/{}", metadata.namespace, metadata.name);
    if let Some(value) = metadata.annotations.get(DRY_RUN) {
        let message = match action {
            Action::Custom | Action::Audit => Some(format!(
                "the annotation {DRY_RUN} currently only supports action ALLOW/DENY, \
                 found action {action} in {object}"
            )),
            Action::Allow | Action::Deny if !is_go_bool(value) => Some(format!(
                "{object} has annotation {DRY_RUN} with invalid value ({value}): \
                 strconv.ParseBool: parsing {}: invalid syntax",
                super::text::quote(value)
            )),
            Action::Allow | Action::Deny => None,
        };
        if let Some(message) = message {
            common::annotation_error(DRY_RUN, message, issues);
            return;
        }
    }
    common::internal_annotations(metadata, issues);
}

/// Whether Go's `strconv.ParseBool` reads it.
fn is_go_bool(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
    ];
    WORDS.contains(&text)
}

fn spec(policy: &AuthorizationPolicy, quirks: Quirks, issues: &mut Issues) {
    let spec = Trail::top("spec");
    common::attachment(policy, issues);
    let rules = spec.field("rules");
    if policy.action == Action::Custom {
        custom(policy, issues);
    } else if policy.provider.is_some() {
        issues
            .error(
                &spec.field("provider"),
                format!(
                    "`provider` must not be with non CUSTOM action, found {}",
                    policy.action
                ),
            )
            .help("remove the provider, or set action: CUSTOM");
    }
    if policy.action == Action::Deny && policy.rules.is_empty() {
        issues.error(&rules, without_rules("DENY"));
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        let path = rules.item(index);
        each_source(rule, &path, |source, path| {
            check_source(source, index, path, issues);
        });
        each_operation(rule, &path, |operation, path| {
            check_operation(operation, index, path, issues);
        });
        let conditions = path.field("when");
        for (index, condition) in rule.when.iter().enumerate() {
            conditions::check(condition, quirks, &conditions.item(index), issues);
        }
    }
    if policy.action == Action::Deny {
        tcp_denied(policy, quirks, &rules, issues);
    }
}

fn without_rules(action: &str) -> String {
    format!(
        "{action} action without `rules` is meaningless as it will never be triggered, add an \
         empty rule `{{}}` if you want it be triggered for every request"
    )
}

/// Calls `check` with each source of the rule and its path.
fn each_source(rule: &Rule, path: &Trail<'_>, mut check: impl FnMut(Option<&Source>, &Trail<'_>)) {
    let from = path.field("from");
    for (index, entry) in rule.from.iter().enumerate() {
        check(entry.source.as_ref(), &from.item(index).field("source"));
    }
}

fn each_operation(
    rule: &Rule,
    path: &Trail<'_>,
    mut check: impl FnMut(Option<&Operation>, &Trail<'_>),
) {
    let to = path.field("to");
    for (index, entry) in rule.to.iter().enumerate() {
        check(entry.operation.as_ref(), &to.item(index).field("operation"));
    }
}

fn custom(policy: &AuthorizationPolicy, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let rules = spec.field("rules");
    let has_provider = policy.provider.as_ref().is_some_and(|p| !p.name.is_empty());
    if policy.rules.is_empty() {
        issues.error(&rules, without_rules("CUSTOM"));
    } else if !has_provider {
        issues
            .error(
                &spec.field("provider").field("name"),
                "`provider.name` must not be empty",
            )
            .help("name an external authorizer from extensionProviders of the mesh config");
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        let path = rules.item(index);
        each_source(rule, &path, |source, path| {
            let Some(source) = source else { return };
            for (list, field, name) in unsupported_with_custom(source) {
                if !list.is_empty() {
                    issues.error(
                        &path.field(field),
                        format!("From.{name} is currently not supported with CUSTOM action"),
                    );
                }
            }
        });
        let conditions = path.field("when");
        for (index, condition) in rule.when.iter().enumerate() {
            if is_unsupported_with_custom(condition) {
                issues.error(
                    &conditions.item(index).field("key"),
                    format!(
                        "{} is currently not supported with CUSTOM action",
                        condition.key
                    ),
                );
            }
        }
    }
}

type NamedList<'a> = (&'a [Str], &'static str, &'static str);

fn unsupported_with_custom(source: &Source) -> [NamedList<'_>; 10] {
    [
        (&source.namespaces, "namespaces", "Namespaces"),
        (&source.not_namespaces, "notNamespaces", "NotNamespaces"),
        (
            &source.service_accounts,
            "serviceAccounts",
            "ServiceAccounts",
        ),
        (
            &source.not_service_accounts,
            "notServiceAccounts",
            "NotServiceAccounts",
        ),
        (&source.trust_domains, "trustDomains", "TrustDomains"),
        (
            &source.not_trust_domains,
            "notTrustDomains",
            "NotTrustDomains",
        ),
        (&source.principals, "principals", "Principals"),
        (&source.not_principals, "notPrincipals", "NotPrincipals"),
        (
            &source.request_principals,
            "requestPrincipals",
            "RequestPrincipals",
        ),
        (
            &source.not_request_principals,
            "notRequestPrincipals",
            "NotRequestPrincipals",
        ),
    ]
}

fn is_unsupported_with_custom(condition: &Condition) -> bool {
    matches!(
        condition.key.as_str(),
        "source.namespace" | "source.serviceAccount" | "source.trustDomain" | "source.principal"
    ) || condition.key.starts_with("request.auth.")
}

fn check_source(source: Option<&Source>, rule: usize, path: &Trail<'_>, issues: &mut Issues) {
    let Some(s) = source else {
        issues.error(
            path,
            format!("`from.source` must not be nil, found at rule {rule}"),
        );
        return;
    };
    let by_identity = [
        &s.principals,
        &s.not_principals,
        &s.namespaces,
        &s.not_namespaces,
    ];
    let by_account = [&s.service_accounts, &s.not_service_accounts];
    let others = [
        &s.request_principals,
        &s.not_request_principals,
        &s.trust_domains,
        &s.not_trust_domains,
        &s.ip_blocks,
        &s.not_ip_blocks,
        &s.remote_ip_blocks,
        &s.not_remote_ip_blocks,
    ];
    let has_identity = by_identity.iter().any(|list| !list.is_empty());
    let has_account = by_account.iter().any(|list| !list.is_empty());
    if has_identity && has_account {
        issues.error(
            path,
            format!("cannot set serviceAccounts with namespaces or principals, found at rule {rule}"),
        )
        .help("write them as two sources, or fold the namespace into the service account: namespace/name");
    }
    if !has_identity && !has_account && others.iter().all(|list| list.is_empty()) {
        issues.error(
            path,
            format!("`from.source` must not be empty, found at rule {rule}"),
        );
    }
    for (list, field) in [
        (&s.ip_blocks, "ipBlocks"),
        (&s.not_ip_blocks, "notIpBlocks"),
        (&s.remote_ip_blocks, "remoteIpBlocks"),
        (&s.not_remote_ip_blocks, "notRemoteIpBlocks"),
    ] {
        lists::each(lists::ip_block, list, &path.field(field), issues);
    }
    for (list, field, name, check) in [
        (
            &s.principals,
            "principals",
            "Principals",
            lists::non_empty as lists::Check,
        ),
        (
            &s.request_principals,
            "requestPrincipals",
            "RequestPrincipals",
            lists::non_empty,
        ),
        (&s.namespaces, "namespaces", "Namespaces", lists::non_empty),
        (
            &s.service_accounts,
            "serviceAccounts",
            "ServiceAccounts",
            lists::service_accounts,
        ),
        (
            &s.trust_domains,
            "trustDomains",
            "TrustDomains",
            lists::trust_domains,
        ),
        (&s.ip_blocks, "ipBlocks", "IpBlocks", lists::non_empty),
        (
            &s.remote_ip_blocks,
            "remoteIpBlocks",
            "RemoteIpBlocks",
            lists::non_empty,
        ),
        (
            &s.not_principals,
            "notPrincipals",
            "NotPrincipals",
            lists::non_empty,
        ),
        (
            &s.not_request_principals,
            "notRequestPrincipals",
            "NotRequestPrincipals",
            lists::non_empty,
        ),
        (
            &s.not_namespaces,
            "notNamespaces",
            "NotNamespaces",
            lists::non_empty,
        ),
        (
            &s.not_service_accounts,
            "notServiceAccounts",
            "NotServiceAccounts",
            lists::service_accounts,
        ),
        (
            &s.not_trust_domains,
            "notTrustDomains",
            "NotTrustDomains",
            lists::trust_domains,
        ),
        (
            &s.not_ip_blocks,
            "notIpBlocks",
            "NotIpBlocks",
            lists::non_empty,
        ),
        (
            &s.not_remote_ip_blocks,
            "notRemoteIpBlocks",
            "NotRemoteIpBlocks",
            lists::non_empty,
        ),
    ] {
        lists::first(check, name, list, &path.field(field), issues);
    }
}

fn check_operation(
    operation: Option<&Operation>,
    rule: usize,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let Some(o) = operation else {
        issues.error(
            path,
            format!("`to.operation` must not be nil, found at rule {rule}"),
        );
        return;
    };
    let all: [NamedList<'_>; 8] = [
        (&o.ports, "ports", "Ports"),
        (&o.methods, "methods", "Methods"),
        (&o.paths, "paths", "Paths"),
        (&o.hosts, "hosts", "Hosts"),
        (&o.not_ports, "notPorts", "NotPorts"),
        (&o.not_methods, "notMethods", "NotMethods"),
        (&o.not_paths, "notPaths", "NotPaths"),
        (&o.not_hosts, "notHosts", "NotHosts"),
    ];
    if all.iter().all(|(list, ..)| list.is_empty()) {
        issues.error(
            path,
            format!("`to.operation` must not be empty, found at rule {rule}"),
        );
    }
    for (list, field) in [(&o.ports, "ports"), (&o.not_ports, "notPorts")] {
        lists::each(lists::port, list, &path.field(field), issues);
    }
    for (list, field, name) in all {
        lists::first(lists::non_empty, name, list, &path.field(field), issues);
    }
    for (list, field, name) in [
        (&o.paths, "paths", "Paths"),
        (&o.not_paths, "notPaths", "NotPaths"),
    ] {
        lists::first(
            lists::path_templates,
            name,
            list,
            &path.field(field),
            issues,
        );
    }
}

const TCP_DENIED: &str = "configured AuthorizationPolicy will deny all traffic to TCP ports under \
    its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly \
    specify the port";

/// Warns of rules that deny by HTTP attributes alone: on TCP ports such attributes are dropped
/// and the rule denies everything.
fn tcp_denied(
    policy: &AuthorizationPolicy,
    quirks: Quirks,
    rules: &Trail<'_>,
    issues: &mut Issues,
) {
    for (index, rule) in policy.rules.iter().enumerate() {
        let denies = if quirks.tcp_denial_is_judged_by_lists {
            denies_tcp_by_lists(rule)
        } else {
            denies_tcp(rule)
        };
        if denies {
            issues
                .warn(&rules.item(index), TCP_DENIED)
                .help("add the HTTP ports of the workload to the rule's operations");
        }
    }
}

/// What upstream asks.
fn denies_tcp_by_lists(rule: &Rule) -> bool {
    let mut sources = rule.from.iter().filter_map(|f| f.source.as_ref());
    let mut operations = rule.to.iter().filter_map(|t| t.operation.as_ref());
    let has_source = sources.clone().next().is_some();
    let has_operation = operations.clone().next().is_some();
    let tcp_source = sources.any(knows_tcp);
    let tcp_operation = operations.any(names_ports);
    (has_source && !has_operation && !tcp_source) || (has_operation && !tcp_operation)
}

/// Whether nothing that TCP knows is left of a part of the rule: of one source, of one operation
/// where there are operations, or of the conditions of a rule that has nothing else.
fn denies_tcp(rule: &Rule) -> bool {
    if rule.when.iter().any(conditions::knows_tcp) {
        return false;
    }
    let sources = rule.from.iter().filter_map(|f| f.source.as_ref());
    let operations = rule.to.iter().filter_map(|t| t.operation.as_ref());
    let has_source = sources.clone().next().is_some();
    if operations.clone().next().is_some() {
        return !operations.into_iter().all(names_ports);
    }
    let is_by_domain = |s: &Source| !s.trust_domains.is_empty() || !s.not_trust_domains.is_empty();
    if has_source {
        return !sources.into_iter().all(|s| knows_tcp(s) || is_by_domain(s));
    }
    !rule.when.is_empty()
}

fn names_ports(operation: &Operation) -> bool {
    !operation.ports.is_empty() || !operation.not_ports.is_empty()
}

fn knows_tcp(source: &Source) -> bool {
    [
        &source.principals,
        &source.not_principals,
        &source.ip_blocks,
        &source.not_ip_blocks,
        &source.namespaces,
        &source.not_namespaces,
        &source.remote_ip_blocks,
        &source.not_remote_ip_blocks,
        &source.service_accounts,
        &source.not_service_accounts,
    ]
    .iter()
    .any(|list| !list.is_empty())
}
