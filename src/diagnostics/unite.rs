//! Many findings become one: the same problem found twice, in several views, or by two rules.

use rustc_hash::FxHashMap;

use super::code::{Code, Identity};
use super::finding::{Finding, Related};
use crate::model::ObjectId;
use crate::yaml::FieldPath;

/// Places that united findings name beside their own; more are of no help.
const RELATED_LIMIT: usize = 100;

/// What makes two findings of one run the same before their places are known.
#[derive(PartialEq, Eq, Hash)]
struct Key<'f> {
    code: Code,
    object: Option<ObjectId>,
    path: Option<&'f FieldPath>,
    message: &'f str,
    span: Option<super::finding::TextSpan>,
}

/// Unites findings that say the same of the same object, keeping the place of the first: severity
/// is the highest of them, related places are united. What is the same, a rule declares.
pub(super) fn unite(findings: Vec<Finding>) -> Vec<Finding> {
    let mut first: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    let mut united: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let key = key(&finding);
        let hash = hash(&key);
        let same = first.get(&hash).and_then(|candidates| {
            candidates.iter().copied().find(|index| {
                united
                    .get(*index)
                    .is_some_and(|other| self::key(other) == key)
            })
        });
        let Some(other) = same.and_then(|index| united.get_mut(index)) else {
            first.entry(hash).or_default().push(united.len());
            united.push(finding);
            continue;
        };
        if finding.severity > other.severity {
            other.severity = finding.severity;
            other.message = finding.message;
            other.help = finding.help;
            other.unproven = finding.unproven;
        }
        for related in finding.related {
            let known = |r: &Related| r.object == related.object && r.path == related.path;
            if other.related.len() < RELATED_LIMIT && !other.related.iter().any(known) {
                other.related.push(related);
            }
        }
    }
    united
}

fn key(finding: &Finding) -> Key<'_> {
    let code = finding.code;
    let (by_path, by_message) = match code.rule().identity {
        Identity::Field => (true, false),
        Identity::Text => (false, true),
        // Lines are known only when the findings are located.
        Identity::FieldAndText | Identity::LineAndText => (true, true),
    };
    Key {
        code,
        object: finding.object,
        path: by_path.then_some(&finding.path),
        message: if by_message { &finding.message } else { "" },
        span: finding.span,
    }
}

fn hash(key: &Key<'_>) -> u64 {
    use std::hash::BuildHasher as _;
    rustc_hash::FxBuildHasher.hash_one(key)
}
