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
    /// A VirtualService of Istio.
    VirtualService,
    /// A DestinationRule of Istio.
    DestinationRule,
    /// An HTTPRoute of the Gateway API.
    HttpRoute,
}

impl Makes {
    /// The kind of the object; of workloads the most usual one.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Workload => "Deployment",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::VirtualService => "VirtualService",
            Self::DestinationRule => "DestinationRule",
            Self::HttpRoute => "HTTPRoute",
        }
    }
}

/// What is known of the names that an operator gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Proof {
    /// They were looked up in its source.
    #[default]
    Source,
    /// Its documentation tells them, so that they may be others.
    Documentation,
    /// They were looked up in neither.
    None,
}

/// What is known of a kind of custom resource.
#[derive(Debug, Default)]
pub struct Operator {
    group: &'static str,
    kinds: Vec<&'static str>,
    makes: Vec<Name>,
    /// Whether it makes more than is known.
    pub is_open: bool,
    /// Whether it makes Secrets whose names are not known.
    pub makes_secrets: bool,
    /// What is known of the names.
    pub proof: Proof,
}

/// What an operator makes under some name.
#[derive(Debug)]
struct Name {
    what: Makes,
    template: &'static str,
    condition: Option<Condition>,
}

/// What a field must be for something to be made.
#[derive(Debug)]
struct Condition {
    field: &'static str,
    beginning: &'static str,
    /// Whether it is made, too, where the field is not there.
    is_default: bool,
}

impl Condition {
    fn parse(text: &'static str) -> Option<Self> {
        let (field, beginning) = text.split_once('=')?;
        let default = beginning.strip_suffix('?');
        Some(Self {
            field,
            beginning: default.unwrap_or(beginning),
            is_default: default.is_some(),
        })
    }

    fn holds(&self, field: &impl Fn(&str) -> Vec<String>) -> bool {
        match field(self.field).first() {
            Some(value) => value.starts_with(self.beginning),
            None => self.is_default,
        }
    }
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
        let Some((what, name)) = word.split_once(':') else {
            operator.is_open |= word == "+?";
            operator.makes_secrets |= word == "secrets?";
            match word {
                "documented" => operator.proof = Proof::Documentation,
                "unproven" => operator.proof = Proof::None,
                _ => {}
            }
            continue;
        };
        let what = match what {
            "svc" => Makes::Service,
            "work" => Makes::Workload,
            "sa" => Makes::ServiceAccount,
            "secret" => Makes::Secret,
            "vs" => Makes::VirtualService,
            "dr" => Makes::DestinationRule,
            "route" => Makes::HttpRoute,
            _ => continue,
        };
        let (template, condition) = name.split_once('?').unwrap_or((name, ""));
        operator.makes.push(Name {
            what,
            template,
            condition: Condition::parse(condition),
        });
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
        for name in &self.makes {
            let condition = name.condition.as_ref();
            if condition.is_none_or(|condition| condition.holds(&field)) {
                let names = expand(name.template, &field);
                made.extend(names.into_iter().map(|expanded| (name.what, expanded)));
            }
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
    fn what_is_made_may_depend_on_a_field() {
        let made = |provider: &str| -> Vec<&'static str> {
            let field = |path: &str| match path {
                "spec.targetRef.name" => vec!["shop".to_owned()],
                "spec.provider" if !provider.is_empty() => vec![provider.to_owned()],
                _ => Vec::new(),
            };
            let operator = operator("flagger.app", "Canary");
            let made = operator.map(|operator| operator.makes(field));
            let kinds = made.into_iter().flatten().map(|(what, _)| what.kind());
            kinds
                .filter(|kind| !matches!(*kind, "Service" | "Deployment"))
                .collect()
        };
        let istio = ["VirtualService", "DestinationRule", "DestinationRule"];
        assert_eq!(made(""), istio);
        assert_eq!(made("istio"), istio);
        assert_eq!(made("gatewayapi:v1"), ["HTTPRoute"]);
        assert!(made("linkerd").is_empty());
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
