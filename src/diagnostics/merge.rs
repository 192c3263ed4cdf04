//! One problem, one finding: what two layers or two tools find at the same place of an object.

use rustc_hash::FxHashMap;

use super::code::{Code, Severity};
use super::finding::Finding;
use crate::model::ObjectId;
use crate::yaml::{FieldPath, Step};

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
        let by_path = (members.len() > FEW).then(|| ByPath::new(&members));
        for (index, finding) in &members {
            let decided = match &by_path {
                Some(by_path) => {
                    let near = by_path.near(&finding.path, &members);
                    decide(finding, &near, upstream)
                }
                None => decide(finding, &members, upstream),
            };
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

/// Findings of one object that are compared each with each.
const FEW: usize = 64;
/// Findings below one path that are looked at.
const BELOW: usize = 64;

/// The findings of an object by their paths.
struct ByPath<'f> {
    /// Paths in order, with the index among the members.
    sorted: Vec<(&'f [Step], usize)>,
}

impl<'f> ByPath<'f> {
    fn new(members: &[(usize, &'f Finding)]) -> Self {
        let paths = members.iter().enumerate();
        let mut sorted: Vec<_> = paths
            .map(|(at, (_, finding))| (steps(&finding.path), at))
            .collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// Findings whose paths overlap with `path`, in the order of the members; of many at one path
    /// or below it some.
    fn near(
        &self,
        path: &FieldPath,
        members: &[(usize, &'f Finding)],
    ) -> Vec<(usize, &'f Finding)> {
        let path = steps(path);
        let mut near: Vec<usize> = Vec::new();
        for length in 0..path.len() {
            let ancestor = path.get(..length).unwrap_or_default();
            near.extend(self.from(ancestor, |found| found == ancestor));
        }
        near.extend(self.from(path, |found| found.starts_with(path)));
        near.sort_unstable();
        near.dedup();
        near.into_iter()
            .filter_map(|at| members.get(at).copied())
            .collect()
    }

    fn from<'s>(
        &'s self,
        path: &[Step],
        belongs: impl Fn(&[Step]) -> bool + 's,
    ) -> impl Iterator<Item = usize> + 's {
        let start = self.sorted.partition_point(|(other, _)| *other < path);
        let rest = self.sorted.get(start..).unwrap_or_default().iter();
        rest.take_while(move |(other, _)| belongs(other))
            .take(BELOW)
            .map(|(_, at)| *at)
    }
}

/// The steps of a path. The name of an object stands for the object as a whole.
fn steps(path: &FieldPath) -> &[Step] {
    match path.steps() {
        [Step::Key(metadata), Step::Key(name)] if metadata == "metadata" && name == "name" => &[],
        steps => steps,
    }
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

/// Whether two paths are equal or one is an ancestor of the other.
fn overlap(a: &FieldPath, b: &FieldPath) -> bool {
    let [a, b] = [a, b].map(steps);
    a.starts_with(b) || b.starts_with(a)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(overlap(&a.into(), &b.into()), expected, "{a} {b}");
        }
    }

    #[test]
    fn paths_near_another_are_found_among_many() {
        let paths = [
            "",
            "spec",
            "spec/http[1]",
            "spec/http[1]/route",
            "spec/http[10]",
            "spec/x",
        ];
        let findings: Vec<Finding> = paths
            .iter()
            .map(|path| Finding::new(Code::IST0106, ObjectId(0), *path, ""))
            .collect();
        let members: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
        let by_path = ByPath::new(&members);
        for path in paths.map(FieldPath::from) {
            let near = by_path.near(&path, &members);
            let near = near
                .into_iter()
                .filter(|(_, other)| overlap(&path, &other.path));
            let naive = members
                .iter()
                .filter(|(_, other)| overlap(&path, &other.path));
            assert!(
                near.map(|(at, _)| at).eq(naive.map(|(at, _)| *at)),
                "{path}"
            );
        }
    }
}
