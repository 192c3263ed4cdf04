//! What keeps a report readable, and in proportion to its input, whatever one object holds.

use rustc_hash::FxHashMap;

use super::code::Code;
use super::finding::Finding;
use crate::model::ObjectId;

/// Findings of one code at one object that are reported one by one.
const AT_ONE_OBJECT: usize = 1_000;
/// Characters of one word of a message.
const WORD: usize = 200;
/// Characters of a message.
const TEXT: usize = 2_000;

/// Puts one finding in the place of those of a code at an object that are too many.
pub(super) fn bound(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    // Where the finding stands that counts those left out.
    let mut last: FxHashMap<(Code, ObjectId), usize> = FxHashMap::default();
    let mut counts: FxHashMap<(Code, ObjectId), usize> = FxHashMap::default();
    for finding in findings {
        let Some(object) = finding.object else {
            kept.push(finding);
            continue;
        };
        let key = (finding.code, object);
        let count = counts.entry(key).or_default();
        *count += 1;
        if *count <= AT_ONE_OBJECT {
            kept.push(finding);
            continue;
        }
        let at = *last.entry(key).or_insert(kept.len());
        if let Some(rest) = kept.get_mut(at) {
            rest.severity = rest.severity.max(finding.severity);
            rest.truncated += 1;
        } else {
            let mut rest = Finding::new(finding.code, object, "", "");
            rest.severity = finding.severity;
            rest.truncated = 1;
            rest.suppressed = finding.suppressed;
            kept.push(rest);
        }
    }
    for finding in kept.iter_mut().filter(|finding| finding.truncated > 0) {
        finding.message = format!("and {} more of these at this object", finding.truncated);
    }
    kept
}

/// A text of which no word, and not the whole, is longer than anyone reads.
pub(super) fn shorten(text: String) -> String {
    let is_long = text.len() > TEXT || text.split_whitespace().any(|word| word.len() > WORD);
    if !is_long {
        return text;
    }
    let mut out = String::new();
    for (count, word) in text.split(' ').enumerate() {
        if count > 0 {
            out.push(' ');
        }
        if out.len() > TEXT {
            out.push('…');
            break;
        }
        let mut chars = word.chars();
        out.extend(chars.by_ref().take(WORD));
        if chars.next().is_some() {
            out.push('…');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_findings_of_one_code_at_one_object_are_counted() {
        let finding = |code, object, at| {
            Finding::new(code, ObjectId(object), format!("spec/x[{at}]"), "wrong")
        };
        let mut findings: Vec<Finding> =
            (0..1500).map(|at| finding(Code::MESH0002, 1, at)).collect();
        findings.extend((0..3).map(|at| finding(Code::MESH0003, 1, at)));
        findings.extend((0..1000).map(|at| finding(Code::MESH0002, 2, at)));
        let bounded = bound(findings);
        assert_eq!(bounded.len(), 1001 + 3 + 1000);
        let rest: Vec<&Finding> = bounded.iter().filter(|f| f.truncated > 0).collect();
        assert_eq!(rest.len(), 1);
        assert!(
            rest.iter()
                .all(|f| f.message == "and 500 more of these at this object")
        );
    }

    #[test]
    fn texts_are_cut_at_long_words() {
        let short = "the host x is unknown".to_owned();
        assert_eq!(shorten(short.clone()), short);
        let long = format!("the host {} is unknown", "é".repeat(1000));
        assert_eq!(
            shorten(long),
            format!("the host {}… is unknown", "é".repeat(200))
        );
        assert!(shorten("word ".repeat(10_000)).len() < 3_000);
    }
}
