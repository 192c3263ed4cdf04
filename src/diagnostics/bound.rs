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

/// Findings of which no code has too many at one object: one more counts those left out.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    kept: Vec<Finding>,
    counts: FxHashMap<(Code, ObjectId), usize>,
    /// Where the findings stand that count others.
    rests: FxHashMap<(Code, ObjectId), usize>,
}

impl Bounded {
    pub(super) fn push(&mut self, mut finding: Finding) {
        let Some(object) = finding.object else {
            self.kept.push(finding);
            return;
        };
        let key = (finding.code, object);
        if finding.truncated == 0 {
            let count = self.counts.entry(key).or_default();
            *count += 1;
            if *count <= AT_ONE_OBJECT {
                self.kept.push(finding);
                return;
            }
            finding.truncated = 1;
        }
        let at = *self.rests.entry(key).or_insert(self.kept.len());
        match self.kept.get_mut(at) {
            Some(rest) => {
                rest.severity = rest.severity.max(finding.severity);
                rest.truncated += finding.truncated;
            }
            None => {
                let mut rest = Finding::new(finding.code, object, "", "");
                rest.severity = finding.severity;
                rest.truncated = finding.truncated;
                rest.suppressed = finding.suppressed;
                self.kept.push(rest);
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        for at in self.rests.into_values() {
            if let Some(rest) = self.kept.get_mut(at) {
                rest.message = format!("and {} more of these at this object", rest.truncated);
            }
        }
        self.kept
    }
}

/// Puts one finding in the place of those of a code at an object that are too many.
pub(super) fn bound(findings: Vec<Finding>) -> Vec<Finding> {
    let mut bounded = Bounded::default();
    for finding in findings {
        bounded.push(finding);
    }
    bounded.finish()
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
        let bounded = bound(bound(findings));
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
