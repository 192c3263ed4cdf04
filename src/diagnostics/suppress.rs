//! Findings that annotations of the flagged object, or the user, take away.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};

use super::code::{Code, Origin};
use super::directives::codes_of;
use super::finding::Finding;
use super::pipeline::Filter;
use crate::model::{Header, ObjectId, Objects, Suppress};
use crate::path;

/// What took a finding away, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// What did.
    pub by: SuppressedBy,
    /// The reason that it gives.
    pub reason: Option<String>,
}

/// What takes findings away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in a file.
    Comment,
    /// An annotation of the object.
    Annotation,
    /// An option of the command line.
    Option,
    /// The baseline.
    Baseline,
}

impl SuppressedBy {
    /// Whether it stands in the source.
    pub const fn is_in_source(self) -> bool {
        matches!(self, Self::Comment | Self::Annotation)
    }
}

/// The annotation of our own.
pub(super) const OWN: &str = "meshlint.io/ignore";

/// The entries of [`OWN`]: `CODE[: reason][; CODE…]`, each with its reason, empty for none.
pub(super) fn entries(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let entries = value.split(';').map(str::trim);
    entries.filter(|entry| !entry.is_empty()).map(|entry| {
        let (word, reason) = entry.split_once(':').unwrap_or((entry, ""));
        (word.trim(), reason.trim())
    })
}

/// What the annotations of objects suppress, each read once.
///
/// `meshlint.io/ignore`: codes, names or prefixes with reasons, outside upstream mode.
/// `kiali.io/ignore-validations`: a comma separated list of codes; blank for all of Kiali's (of
/// all, outside upstream mode). `galley.istio.io/analyze-suppress`: a comma separated list of
/// codes or `*`. Outside upstream mode each annotation takes the codes of the other as well, and
/// blanks around the codes do not matter.
#[derive(Debug, Default)]
pub(super) struct Annotations<'o> {
    codes: FxHashMap<ObjectId, Named<'o>>,
}

/// The codes that the annotations of an object name.
#[derive(Debug, Default)]
struct Named<'o> {
    own: Vec<(Vec<Code>, &'o str)>,
    kiali: Option<FxHashSet<&'o str>>,
    /// The annotation of Kiali is blank.
    is_blank: bool,
    istio: Option<FxHashSet<&'o str>>,
}

impl<'o> Named<'o> {
    fn new(suppress: &'o Suppress, upstream: bool, require_reason: bool) -> Self {
        let kiali = suppress.kiali.as_deref();
        let own = suppress.own.as_deref().filter(|_| !upstream);
        let own = own.into_iter().flat_map(entries);
        Self {
            own: own
                .filter(|(_, reason)| !(require_reason && reason.is_empty()))
                .filter_map(|(word, reason)| Some((codes_of(word).ok()?, reason)))
                .collect(),
            kiali: kiali.map(|list| list.split(',').map(str::trim).collect()),
            is_blank: kiali.is_some_and(|list| list.trim().is_empty()),
            istio: suppress.istio.as_deref().map(|list| {
                let trim = |part: &'o str| if upstream { part } else { part.trim() };
                list.split(',').map(trim).collect()
            }),
        }
    }

    fn takes(&self, finding: &Finding, upstream: bool) -> Option<Suppressed> {
        let is_meant = |codes: &[Code]| {
            codes
                .iter()
                .any(|c| *c == finding.code || finding.aliases.contains(c))
        };
        if let Some((_, reason)) = self.own.iter().find(|(codes, _)| is_meant(codes)) {
            return Some(Suppressed {
                by: SuppressedBy::Annotation,
                reason: (!reason.is_empty()).then(|| (*reason).to_owned()),
            });
        }
        self.takes_upstream(finding, upstream)
            .then_some(Suppressed {
                by: SuppressedBy::Annotation,
                reason: None,
            })
    }

    /// Whether an annotation of Kiali's or istioctl's takes the finding.
    fn takes_upstream(&self, finding: &Finding, upstream: bool) -> bool {
        let code = finding.code.as_str();
        let origin = finding.code.rule().origin;
        let is_kiali = origin == Origin::Kiali;
        let names = |codes: &FxHashSet<&str>| {
            codes.contains(code) || finding.aliases.iter().any(|a| codes.contains(a.as_str()))
        };
        let by_kiali = self
            .kiali
            .as_ref()
            .is_some_and(|codes| (is_kiali || !upstream) && (self.is_blank || names(codes)));
        let by_istio = self.istio.as_ref().is_some_and(|codes| {
            (origin == Origin::Istioctl || !upstream) && (codes.contains("*") || names(codes))
        });
        by_kiali || by_istio
    }
}

impl<'o> Annotations<'o> {
    /// How an annotation of the object suppresses the finding; `None` if none does.
    pub(super) fn suppress(
        &mut self,
        finding: &Finding,
        object: ObjectId,
        header: &'o Header,
        filter: &Filter,
    ) -> Option<Suppressed> {
        let suppress = header.suppress.as_deref()?;
        let upstream = filter.upstream;
        let named = self.codes.entry(object);
        named
            .or_insert_with(|| Named::new(suppress, upstream, filter.require_reason))
            .takes(finding, upstream)
    }
}

/// What the user suppresses: a code at objects of some names, `--suppress CODE=OBJECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The code.
    pub code: Code,
    /// The object as reports name it, `VirtualService default/reviews`, or in the older form of
    /// `istioctl`, `VirtualService reviews.default`. A star stands for any text.
    pub object: String,
}

impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.code.as_str(), self.object)
    }
}

impl Suppression {
    /// Whether the finding is meant; by a code that other tools give to the same problem as well,
    /// unless in upstream mode.
    pub(super) fn covers(&self, finding: &Finding, header: &Header, upstream: bool) -> bool {
        let alias = || self.code.as_str();
        let coded = self.code == finding.code
            || finding.aliases.contains(&self.code)
            || (!upstream && finding.code.rule().aliases.contains(&alias()));
        coded && self.names(header)
    }

    fn names(&self, header: &Header) -> bool {
        let Header {
            kind,
            namespace,
            name,
            ..
        } = header;
        if namespace.is_empty() {
            return glob(&self.object, &format!("{kind} {name}"));
        }
        glob(&self.object, &format!("{kind} {namespace}/{name}"))
            || glob(&self.object, &format!("{kind} {name}.{namespace}"))
    }
}

/// Whether the text is the pattern, in which a star stands for any text.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    text.ends_with(tail)
}

/// What is wrong with our own annotation of an object: rules that do not exist, and reasons that
/// lack where they are wanted.
pub(super) fn invalid_annotations(objects: &Objects, filter: &Filter) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, header) in (0..).zip(objects.headers.iter()) {
        let id = ObjectId(number);
        let Some(value) = header
            .suppress
            .as_deref()
            .and_then(|own| own.own.as_deref())
        else {
            continue;
        };
        for (word, reason) in entries(value) {
            let why = match codes_of(word) {
                Err(why) => why,
                Ok(_) if filter.require_reason && reason.is_empty() => {
                    format!("the configuration wants a reason behind {word}")
                }
                Ok(_) => continue,
            };
            let message = format!("this annotation suppresses nothing: {why}");
            let path = path!["metadata", "annotations", OWN];
            found.push(
                Finding::new(Code::MESH0301, id, path, message)
                    .help("write \"CODE: reason\", several with a semicolon between"),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_annotation_holds_rules_with_reasons() {
        let found: Vec<_> = entries("KIA1101: next week; KIA11; ").collect();
        assert_eq!(found, [("KIA1101", "next week"), ("KIA11", "")]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let name = "VirtualService default/reviews";
        for pattern in [
            "VirtualService default/reviews",
            "*",
            "* default/*",
            "VirtualService *",
            "*reviews",
            "V*S*/*s",
            "VirtualService default/reviews*",
        ] {
            assert!(glob(pattern, name), "{pattern}");
        }
        for pattern in [
            "",
            "VirtualService default",
            "*ratings",
            "Gateway *",
            "V*Z*s",
            "VirtualService default/reviews*s",
        ] {
            assert!(!glob(pattern, name), "{pattern}");
        }
    }

    #[test]
    fn objects_are_named_in_both_forms() {
        let header = Header {
            kind: "VirtualService".into(),
            namespace: "default".into(),
            name: "reviews".into(),
            ..Header::default()
        };
        for (object, named) in [
            ("VirtualService default/reviews", true),
            ("VirtualService reviews.default", true),
            ("VirtualService *.default", true),
            ("VirtualService reviews", false),
            ("virtualservice default/reviews", false),
        ] {
            let suppression = Suppression {
                code: Code::IST0101,
                object: object.to_owned(),
            };
            assert_eq!(suppression.names(&header), named, "{object}");
        }
    }
}
