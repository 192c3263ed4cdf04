//! One problem, one finding: what two layers or two tools find at the same place of an object.

use rustc_hash::FxHashMap;

use super::code::{Code, Severity};
use super::finding::Finding;
use crate::model::ObjectId;

/// Drops findings that one of a rule that outranks theirs says better, at the same path, above or
/// below it: those of the schema, where admission validation has an error of its own. Then, outside
/// upstream mode, merges findings of codes that a rule covers into its own.
pub(super) fn merge(findings: Vec<Finding>, upstream: bool) -> Vec<Finding> {
    let mut of_object: FxHashMap<ObjectId, Vec<usize>> = FxHashMap::default();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(object) = finding.object {
            of_object.entry(object).or_default().push(index);
        }
    }
    let mut fate = vec![Fate::Stays; findings.len()];
    for group in of_object.into_values().filter(|group| group.len() > 1) {
        let members: Vec<(usize, &Finding)> = group
            .into_iter()
            .filter_map(|index| findings.get(index).map(|finding| (index, finding)))
            .collect();
        for (index, finding) in &members {
            let decided = decide(finding, &members, upstream);
            if let Some(fate) = fate.get_mut(*index) {
                *fate = decided;
            }
        }
    }
    let merged: Vec<(usize, Code, Severity, bool)> = findings
        .iter()
        .zip(&fate)
        .filter_map(|(finding, fate)| match fate {
            Fate::MergesInto(index) => Some((
                *index,
                finding.code,
                finding.severity,
                finding.unproven.is_some(),
            )),
            _ => None,
        })
        .collect();
    let mut findings = findings;
    for (index, code, severity, unproven) in merged {
        let Some(target) = findings.get_mut(index) else {
            continue;
        };
        if !target.aliases.contains(&code) {
            target.aliases.push(code);
        }
        // What a rule makes less of on purpose stays so.
        let is_lowered = target.severity < target.code.rule().severity;
        if !unproven && target.unproven.is_none() && !is_lowered {
            target.severity = target.severity.max(severity);
        }
    }
    let mut fate = fate.into_iter();
    findings.retain(|_| fate.next() == Some(Fate::Stays));
    findings
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    MergesInto(usize),
}

fn decide(finding: &Finding, others: &[(usize, &Finding)], upstream: bool) -> Fate {
    let code = finding.code.as_str();
    let is_outranked = others.iter().any(|(_, other)| {
        other.code.rule().outranks.contains(&code) && overlap(&finding.path, &other.path)
    });
    if is_outranked {
        return Fate::Goes;
    }
    if upstream {
        return Fate::Stays;
    }
    others
        .iter()
        .find(|(_, other)| {
            other.code.rule().covers.contains(&code) && overlap(&finding.path, &other.path)
        })
        .map_or(Fate::Stays, |(index, _)| Fate::MergesInto(*index))
}

/// Whether two paths are equal or one is an ancestor of the other. The name of an object stands
/// for the object as a whole.
fn overlap(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|path| if path == "metadata/name" { "" } else { path });
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short)
        .is_some_and(|rest| short.is_empty() || rest.is_empty() || rest.starts_with(['/', '[']))
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn paths_overlap_at_step_boundaries() {
        for (a, b, expected) in [
            ("spec/hosts", "spec/hosts", true),
            ("spec/hosts", "spec/hosts[1]", true),
            ("spec/http[0]/route[1]", "spec/http[0]", true),
            ("spec/http[0]", "spec/http[01]", false),
            ("spec/host", "spec/hosts", false),
            ("", "spec", true),
            ("metadata/name", "spec/hosts", true),
        ] {
            assert_eq!(overlap(a, b), expected, "{a} {b}");
        }
    }
}
