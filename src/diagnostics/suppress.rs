//! Findings that annotations of the flagged object take away.

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
    let is_kiali = code.starts_with("KIA") || code == "GWAPI";
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
            code.starts_with("IST") && (all || names(list, false))
        } else {
            all || names(list, true)
        }
    });
    by_kiali || by_istio
}
