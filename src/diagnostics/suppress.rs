//! Findings that annotations of the flagged object, or the user, take away.

use super::code::{Code, Origin};
use super::finding::Finding;
use crate::model::{Header, Suppress};

/// Whether an annotation of the object suppresses the finding.
///
/// `kiali.io/ignore-validations`: a comma separated list of codes; blank for all of Kiali's (of
/// all, outside upstream mode). `galley.istio.io/analyze-suppress`: a comma separated list of
/// codes or `*`. Outside upstream mode each annotation takes the codes of the other as well, and
/// blanks around the codes do not matter.
pub(super) fn is_suppressed(finding: &Finding, header: &Header, upstream: bool) -> bool {
    let Some(suppress) = header.suppress.as_deref() else {
        return false;
    };
    let Suppress { kiali, istio } = suppress;
    let code = finding.code.as_str();
    let origin = finding.code.rule().origin;
    let is_kiali = origin == Origin::Kiali;
    let names = |list: &str, trim: bool| {
        list.split(',').any(|part| {
            let part = if trim { part.trim() } else { part };
            part == code || finding.aliases.iter().any(|alias| part == alias.as_str())
        })
    };
    let by_kiali = kiali.as_deref().is_some_and(|list| {
        if list.trim().is_empty() {
            is_kiali || !upstream
        } else {
            (is_kiali || !upstream) && names(list, true)
        }
    });
    let by_istio = istio.as_deref().is_some_and(|list| {
        let all = list
            .split(',')
            .any(|part| part == "*" || (!upstream && part.trim() == "*"));
        if upstream {
            origin == Origin::Istioctl && (all || names(list, false))
        } else {
            all || names(list, true)
        }
    });
    by_kiali || by_istio
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
