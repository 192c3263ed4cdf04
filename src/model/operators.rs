//! What custom resources make: the Services, workloads, accounts and Secrets that an operator creates
//! for an object, by the table `operators.txt`. What is in no line may make anything.

use std::sync::LazyLock;

/// Groups of Kubernetes itself, whose objects make nothing that is not known.
const BUILT_IN: [&str; 26] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "gateway.networking.k8s.io",
    "gateway.networking.x-k8s.io",
    "kustomize.config.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// What an object makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Makes {
    /// A Service.
    Service,
    /// A workload.
    Workload,
    /// A service account.
    ServiceAccount,
    /// A Secret or ConfigMap.
    Secret,
}

impl Makes {
    /// The kind of the object; of workloads the most usual one.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Workload => "Deployment",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
        }
    }
}

/// What is known of a kind of custom resource.
#[derive(Debug, Default)]
pub struct Operator {
    group: &'static str,
    kinds: Vec<&'static str>,
    makes: Vec<(Makes, &'static str)>,
    /// Whether it makes more than is known.
    pub is_open: bool,
    /// Whether it makes Secrets whose names are not known.
    pub makes_secrets: bool,
    /// Whether the names may be others: they were not looked up in the operator's source.
    pub is_unproven: bool,
}

static TABLE: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    let lines = include_str!("operators.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(parse)
        .collect()
});

fn parse(line: &'static str) -> Operator {
    let mut words = line.split_whitespace();
    let mut operator = Operator {
        group: words.next().unwrap_or_default(),
        kinds: words.next().unwrap_or_default().split(',').collect(),
        ..Operator::default()
    };
    for word in words {
        match word.split_once(':') {
            Some(("svc", name)) => operator.makes.push((Makes::Service, name)),
            Some(("work", name)) => operator.makes.push((Makes::Workload, name)),
            Some(("sa", name)) => operator.makes.push((Makes::ServiceAccount, name)),
            Some(("secret", name)) => operator.makes.push((Makes::Secret, name)),
            _ => {
                operator.is_open |= word == "+?";
                operator.makes_secrets |= word == "secrets?";
                operator.is_unproven |= word == "unproven";
            }
        }
    }
    operator
}

/// What is known of a kind.
pub fn operator(group: &str, kind: &str) -> Option<&'static Operator> {
    TABLE.iter().find(|operator| {
        let is_group = match operator.group.strip_prefix("*.") {
            Some(suffix) => group
                .strip_suffix(suffix)
                .is_some_and(|rest| rest.ends_with('.')),
            None => operator.group == group,
        };
        is_group && operator.kinds.iter().any(|own| *own == "*" || *own == kind)
    })
}

/// Whether objects of the group are no custom resources of an operator: those of Kubernetes, of
/// Istio and of the Gateway API.
pub fn is_built_in(group: &str) -> bool {
    BUILT_IN.contains(&group)
        || group == "sailoperator.io"
        || group.ends_with(".istio.io")
        || group.ends_with("openshift.io")
}

impl Operator {
    /// What an object makes, by `field`, which gives the values at a path such as
    /// `spec.nodeSets[].name`.
    pub fn makes(&self, field: impl Fn(&str) -> Vec<String>) -> Vec<(Makes, String)> {
        let mut made = Vec::new();
        for (what, template) in &self.makes {
            let names = expand(template, &field);
            made.extend(names.into_iter().map(|name| (*what, name)));
        }
        made
    }
}

/// How many names one entry of the table gives at most.
const MOST_NAMES: usize = 100;

fn expand(template: &str, field: &impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (choices, after) = tail.split_once('}').unwrap_or((tail, ""));
        let values = choices
            .split('|')
            .map(|path| match path.strip_prefix('\'') {
                Some(text) => vec![text.trim_end_matches('\'').to_owned()],
                None => field(path),
            })
            .find(|values| !values.is_empty())
            .unwrap_or_default();
        names = names
            .iter()
            .flat_map(|name| values.iter().map(move |v| format!("{name}{literal}{v}")))
            .take(MOST_NAMES)
            .collect();
        rest = after;
    }
    names.into_iter().map(|name| name + rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(group: &str, kind: &str) -> Vec<String> {
        let field = |path: &str| match path {
            "name" => vec!["main".to_owned()],
            "spec.nodeSets[].name" => vec!["hot".to_owned(), "warm".to_owned()],
            _ => Vec::new(),
        };
        let operator = operator(group, kind);
        let made = operator.map(|operator| operator.makes(field));
        made.into_iter().flatten().map(|(_, name)| name).collect()
    }

    #[test]
    fn names_follow_the_object() {
        let names = made("elasticsearch.k8s.elastic.co", "Elasticsearch");
        assert!(names.contains(&"main-es-http".to_owned()));
        assert!(names.contains(&"main-es-warm".to_owned()));
        assert_eq!(made("bitnami.com", "SealedSecret"), ["main"]);
        assert!(made("flagger.app", "Canary").is_empty());
        assert_eq!(
            made("kiali.io", "Kiali"),
            ["kiali", "kiali", "kiali-service-account"]
        );
    }

    #[test]
    fn kinds_of_no_operator_are_told_apart() {
        for (group, expected) in [
            ("", true),
            ("rbac.authorization.k8s.io", true),
            ("networking.k8s.io", true),
            ("snapshot.storage.k8s.io", false),
            ("autoscaling.k8s.io", false),
            ("security.istio.io", true),
            ("k8s.keycloak.org", false),
            ("apps.example.com", false),
        ] {
            assert_eq!(is_built_in(group), expected, "{group}");
        }
        assert!(operator("constraints.gatekeeper.sh", "K8sRequiredLabels").is_some());
        assert!(operator("gatekeeper.sh", "x").is_none());
    }
}
