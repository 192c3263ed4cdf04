//! Findings that annotations of the flagged object, or the user, take away.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};

use super::code::{Code, Origin};
use super::finding::Finding;
use crate::model::{Header, ObjectId, Suppress};

/// What the annotations of objects suppress, each read once.
///
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
    kiali: Option<FxHashSet<&'o str>>,
    /// The annotation of Kiali is blank.
    is_blank: bool,
    istio: Option<FxHashSet<&'o str>>,
}

impl<'o> Named<'o> {
    fn new(suppress: &'o Suppress, upstream: bool) -> Self {
        let kiali = suppress.kiali.as_deref();
        Self {
            kiali: kiali.map(|list| list.split(',').map(str::trim).collect()),
            is_blank: kiali.is_some_and(|list| list.trim().is_empty()),
            istio: suppress.istio.as_deref().map(|list| {
                let trim = |part: &'o str| if upstream { part } else { part.trim() };
                list.split(',').map(trim).collect()
            }),
        }
    }

    fn takes(&self, finding: &Finding, upstream: bool) -> bool {
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
    /// Whether an annotation of the object suppresses the finding.
    pub(super) fn suppress(
        &mut self,
        finding: &Finding,
        object: ObjectId,
        header: &'o Header,
        upstream: bool,
    ) -> bool {
        let Some(suppress) = header.suppress.as_deref() else {
            return false;
        };
        let named = self.codes.entry(object);
        named
            .or_insert_with(|| Named::new(suppress, upstream))
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
fn glob(pattern: &str, text: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
